"""Booking in full: occupied time, qualifications, shares, series, attendance, certificates.

Columns that may not be empty come with a value for the rows that are there, which is taken away
again: what is written from now on says its own.

Revision ID: 97d63df78ac2
Revises: ebc6be166ff9
"""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic import op

revision = "97d63df78ac2"
down_revision = "ebc6be166ff9"
branch_labels = None
depends_on = None


_NEW = {
    "booking": (
        "authority",
        "groups",
        "priority",
        "held_back",
        "selection",
        "at_risk",
        "placed_from",
        "interest",
        "result_note",
    ),
    "cohort": ("sector", "partial_ok", "priority", "entered_at", "held_back"),
    "course": ("attendance_percent",),
    "facility": ("buffer_minutes",),
    "slot": ("line_mode", "criteria"),
}

_RULES = {
    "facility": {"buffer_in_range": "buffer_minutes BETWEEN 0 AND 10080"},
    "course": {
        "attendance_in_range": "attendance_percent BETWEEN 1 AND 100",
        "valid_months_positive": "valid_months IS NULL OR valid_months > 0",
    },
    "slot": {"line_mode": "line_mode IN ('offer', 'confirm')"},
    "booking": {"result": "result IS NULL OR result IN ('passed', 'failed')"},
}
_HOLD = "ck_booking_hold_has_an_end"
_HOLD_BEFORE = "(state IN ('held', 'offered')) = (held_until IS NOT NULL)"
_HOLD_AFTER = "(state IN ('held', 'offered', 'requested')) = (held_until IS NOT NULL)"

# One resource is in one place at a time. Ranges of numbers need no extension; half-open times.
_EXCLUSION = """
ALTER TABLE occupancy ADD CONSTRAINT ex_occupancy_live EXCLUDE USING gist (
    int8range(resource_key, resource_key, '[]') WITH &&,
    tstzrange(starts_at, ends_at) WITH &&
) WHERE (live)
"""
_OVERLAP = """
CREATE TRIGGER occupancy_overlap_{event} BEFORE {event} ON occupancy WHEN NEW.live
BEGIN
    SELECT RAISE(ABORT, 'occupancy_overlap') FROM occupancy
    WHERE resource_id = NEW.resource_id AND live AND id <> NEW.id
        AND starts_at < NEW.ends_at AND NEW.starts_at < ends_at;
END
"""

# What was written about who changed what is never changed nor taken away.
_KEEP_AUDIT = """
CREATE TRIGGER audit_entry_{event} BEFORE {event} ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit_is_append_only');
END
"""
_REFUSE = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_is_append_only';
END $$
"""
_KEEP_AUDIT_POSTGRES = """
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()
"""


def _guard() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for statement in (_EXCLUSION, _REFUSE, _KEEP_AUDIT_POSTGRES):
            op.execute(statement)
        return
    for event in ("INSERT", "UPDATE"):
        op.execute(_OVERLAP.format(event=event))
    for event in ("UPDATE", "DELETE"):
        op.execute(_KEEP_AUDIT.format(event=event))


def _unguard() -> None:
    """The guard of occupied time goes with its table; that of the audit stays behind it."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_entry_append_only ON audit_entry")
        op.execute("DROP FUNCTION audit_is_append_only()")
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(f"DROP TRIGGER audit_entry_{event}")


def _take_defaults_away() -> None:
    for table, names in _NEW.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in names:
                batch_op.alter_column(name, server_default=None)


def _change_rules() -> None:
    for table, rules in _RULES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name, rule in rules.items():
                batch_op.create_check_constraint(batch_op.f(f"ck_{table}_{name}"), rule)
            if table == "booking":
                batch_op.drop_constraint(batch_op.f(_HOLD), type_="check")
                batch_op.create_check_constraint(batch_op.f(_HOLD), _HOLD_AFTER)


def _change_rules_back() -> None:
    for table, rules in _RULES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in rules:
                batch_op.drop_constraint(batch_op.f(f"ck_{table}_{name}"), type_="check")
            if table == "booking":
                batch_op.drop_constraint(batch_op.f(_HOLD), type_="check")
                batch_op.create_check_constraint(batch_op.f(_HOLD), _HOLD_BEFORE)


_MEETING = sa.table(
    "meeting",
    sa.column("slot_id", sa.Uuid()),
    sa.column("starts_at", sa.DateTime(timezone=True)),
    sa.column("ends_at", sa.DateTime(timezone=True)),
    sa.column("mode", sa.String()),
    sa.column("removed_at", sa.DateTime(timezone=True)),
)
_SLOT = sa.table(
    "slot",
    sa.column("id", sa.Uuid()),
    sa.column("facility_id", sa.Uuid()),
    sa.column("status", sa.String()),
)
_BOOKING = sa.table(
    "booking",
    sa.column("id", sa.Uuid()),
    sa.column("slot_id", sa.Uuid()),
    sa.column("person_id", sa.Uuid()),
    sa.column("state", sa.String()),
)
_OCCUPANCY = sa.table(
    "occupancy",
    sa.column("id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("resource_id", sa.Uuid()),
    sa.column("resource_key", sa.BigInteger()),
    sa.column("slot_id", sa.Uuid()),
    sa.column("booking_id", sa.Uuid()),
    sa.column("starts_at", sa.DateTime(timezone=True)),
    sa.column("ends_at", sa.DateTime(timezone=True)),
    sa.column("live", sa.Boolean()),
)
_WITH_SEAT = ("requested", "held", "offered", "confirmed", "attended", "no-show")
_PUBLISHED = ("tentative", "confirmed", "completed")
_WINDOWS = ("self-paced", "mentoring")
_NOWHERE = (*_WINDOWS, "classroom-remote")


def _occupy() -> None:
    """Write down the time that published slots and people with a seat take up already.

    Nothing kept people from two seats at one time so far: what begins later, over something
    else, is written as not live, for somebody to settle.
    """
    times = (_MEETING.c.slot_id, _MEETING.c.starts_at, _MEETING.c.ends_at)
    kept = _MEETING.c.removed_at.is_(None)
    of_slot, of_booking = _SLOT.c.id == _MEETING.c.slot_id, _BOOKING.c.slot_id == _MEETING.c.slot_id
    places = (
        sa.select(sa.literal("facility"), _SLOT.c.facility_id, sa.null(), *times)
        .join_from(_MEETING, _SLOT, of_slot)
        .where(
            kept,
            _MEETING.c.mode.not_in(_NOWHERE),
            _SLOT.c.facility_id.is_not(None),
            _SLOT.c.status.in_(_PUBLISHED),
        )
    )
    people = (
        sa.select(sa.literal("person"), _BOOKING.c.person_id, _BOOKING.c.id, *times)
        .join_from(_MEETING, _BOOKING, of_booking)
        .where(kept, _MEETING.c.mode.not_in(_WINDOWS), _BOOKING.c.state.in_(_WITH_SEAT))
    )
    bind = op.get_bind()
    found = [*bind.execute(places), *bind.execute(people)]
    # By resource, then by time; ids only make the order of equals the same everywhere.
    found.sort(key=lambda row: (str(row[1]), row[4], str(row[3]), str(row[2])))
    rows: list[dict[str, object]] = []
    ends: dict[UUID, datetime] = {}
    for kind, resource_id, booking_id, slot_id, starts_at, ends_at in found:
        live = resource_id not in ends or ends[resource_id] <= starts_at
        if live:
            ends[resource_id] = ends_at
        rows.append(
            {
                "id": uuid4(),
                "kind": kind,
                "resource_id": resource_id,
                "resource_key": resource_id.int & ((1 << 63) - 1),
                "slot_id": slot_id,
                "booking_id": booking_id,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "live": live,
            }
        )
    if rows:
        op.bulk_insert(_OCCUPANCY, rows)


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("buffer_minutes", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind = 'trainer' OR person_id IS NULL", name=op.f("ck_resource_person_is_trainer")
        ),
        sa.CheckConstraint("kind IN ('equipment', 'trainer')", name=op.f("ck_resource_kind")),
        sa.CheckConstraint(
            "buffer_minutes BETWEEN 0 AND 10080", name=op.f("ck_resource_buffer_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.id"],
            name=op.f("fk_resource_facility_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["user.id"], name=op.f("fk_resource_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.id"],
            name=op.f("fk_resource_provider_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
    )
    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resource_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_resource_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("pattern", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_series_course_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.id"],
            name=op.f("fk_series_provider_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_course_id"), ["course_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_series_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "seat_share",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("kept_for", sa.String(length=16), nullable=False),
        sa.Column("countries", sa.String(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("added_seats", sa.Integer(), nullable=False),
        sa.Column("sponsor", sa.String(length=200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_reason", sa.String(length=4000), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "added_seats BETWEEN 0 AND seats", name=op.f("ck_seat_share_added_within_seats")
        ),
        sa.CheckConstraint("seats BETWEEN 1 AND 100000", name=op.f("ck_seat_share_seats_in_range")),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_seat_share_slot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_share")),
    )
    with op.batch_alter_table("seat_share", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seat_share_slot_id"), ["slot_id"], unique=False)

    op.create_table(
        "slot_resource",
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_slot_resource_resource_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_slot_resource_slot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slot_id", "resource_id", name=op.f("pk_slot_resource")),
    )
    with op.batch_alter_table("slot_resource", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_slot_resource_resource_id"), ["resource_id"], unique=False
        )

    op.create_table(
        "waiver",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_waiver_course_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["user.id"], name=op.f("fk_waiver_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_waiver_slot_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiver")),
        sa.UniqueConstraint(
            "person_id", "slot_id", "course_id", name=op.f("uq_waiver_person_id_slot_id_course_id")
        ),
    )
    with op.batch_alter_table("waiver", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiver_slot_id"), ["slot_id"], unique=False)

    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("meeting_id", sa.Uuid(), nullable=False),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
            name=op.f("fk_attendance_booking_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meeting.id"],
            name=op.f("fk_attendance_meeting_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint(
            "booking_id", "meeting_id", name=op.f("uq_attendance_booking_id_meeting_id")
        ),
    )
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendance_meeting_id"), ["meeting_id"], unique=False)

    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("person_name", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("state_reason", sa.String(length=4000), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('valid', 'revoked')", name=op.f("ck_certificate_state")),
        sa.ForeignKeyConstraint(
            ["booking_id"],
            ["booking.id"],
            name=op.f("fk_certificate_booking_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_certificate_course_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["user.id"], name=op.f("fk_certificate_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.id"],
            name=op.f("fk_certificate_provider_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("code", name=op.f("uq_certificate_code")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificate_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certificate_provider_id"), ["provider_id"], unique=False
        )
        batch_op.create_index(
            "uq_certificate_booking_valid",
            ["booking_id"],
            unique=True,
            sqlite_where=sa.text("state = 'valid'"),
            postgresql_where=sa.text("state = 'valid'"),
        )

    op.create_table(
        "occupancy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("resource_key", sa.BigInteger(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'person') = (booking_id IS NOT NULL)",
            name=op.f("ck_occupancy_person_has_booking"),
        ),
        sa.CheckConstraint(
            "kind IN ('facility', 'equipment', 'trainer', 'person')", name=op.f("ck_occupancy_kind")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_occupancy_order")),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["booking.id"], name=op.f("fk_occupancy_booking_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_occupancy_slot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occupancy")),
    )
    with op.batch_alter_table("occupancy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_occupancy_booking_id"), ["booking_id"], unique=False)
        batch_op.create_index(
            "ix_occupancy_resource_id_starts_at", ["resource_id", "starts_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_occupancy_slot_id"), ["slot_id"], unique=False)

    op.create_table(
        "qualification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=True),
        sa.Column("issuer", sa.String(length=200), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=True),
        sa.Column("evidence", sa.String(length=4000), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("certificate_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("state_reason", sa.String(length=4000), nullable=False),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'course') = (course_id IS NOT NULL)",
            name=op.f("ck_qualification_course_has_id"),
        ),
        sa.CheckConstraint(
            "state IN ('claimed', 'verified', 'refused', 'revoked')",
            name=op.f("ck_qualification_state"),
        ),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= issued_on", name=op.f("ck_qualification_order")
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_qualification_certificate_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["course_id"],
            ["course.id"],
            name=op.f("fk_qualification_course_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["issuer_id"],
            ["provider.id"],
            name=op.f("fk_qualification_issuer_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["user.id"], name=op.f("fk_qualification_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
    )
    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_qualification_certificate_id"), ["certificate_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_qualification_course_id"), ["course_id"], unique=False)
        batch_op.create_index(
            "ix_qualification_person_id_kind", ["person_id", "kind"], unique=False
        )

    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("authority", sa.String(length=200), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("groups", sa.String(), nullable=False, server_default=" "))
        batch_op.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("held_back", sa.String(length=40), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("selection", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(sa.Column("at_risk", sa.String(), nullable=False, server_default=" "))
        batch_op.add_column(
            sa.Column("placed_from", sa.String(length=64), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("interest", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("replaces_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("result", sa.String(length=8), nullable=True))
        batch_op.add_column(
            sa.Column("result_note", sa.String(length=4000), nullable=False, server_default="")
        )
        batch_op.create_index(
            "ix_booking_placed_from",
            ["placed_from"],
            unique=False,
            sqlite_where=sa.text("placed_from <> ''"),
            postgresql_where=sa.text("placed_from <> ''"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_booking_replaces_id"),
            "booking",
            ["replaces_id"],
            ["id"],
            ondelete="RESTRICT",
        )

    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("sector", sa.String(length=32), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("partial_ok", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column(
                "entered_at",
                sa.DateTime(timezone=True),
                nullable=False,
                server_default="1970-01-01 00:00:00",
            )
        )
        batch_op.add_column(
            sa.Column("held_back", sa.String(length=40), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("attendance_percent", sa.Integer(), nullable=False, server_default="80")
        )
        batch_op.add_column(sa.Column("valid_months", sa.Integer(), nullable=True))

    with op.batch_alter_table("facility", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("buffer_minutes", sa.Integer(), nullable=False, server_default="0")
        )

    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("max_per_authority", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("line_mode", sa.String(length=8), nullable=False, server_default="offer")
        )
        batch_op.add_column(sa.Column("offer_hours", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("decision_hours", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("criteria", sa.String(), nullable=False, server_default=" "))
        batch_op.add_column(sa.Column("selected_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("kept_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("series_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("series_position", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("first_apply_by", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_slot_series_id"), ["series_id"], unique=False)
        batch_op.create_index(
            "ix_slot_kept_until",
            ["kept_until"],
            unique=False,
            sqlite_where=sa.text("kept_until IS NOT NULL"),
            postgresql_where=sa.text("kept_until IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_slot_series_id"), "series", ["series_id"], ["id"], ondelete="RESTRICT"
        )

    _take_defaults_away()
    _change_rules()
    _guard()
    _occupy()
    op.execute("UPDATE cohort SET entered_at = created_at")
    op.execute(
        "UPDATE cohort SET sector = (SELECT r.sector FROM gap_request r WHERE r.id = cohort.request_id)"
    )


def downgrade() -> None:
    """Take it back."""
    _unguard()
    _change_rules_back()
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_slot_series_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_slot_kept_until",
            sqlite_where=sa.text("kept_until IS NOT NULL"),
            postgresql_where=sa.text("kept_until IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_slot_series_id"))
        batch_op.drop_column("first_apply_by")
        batch_op.drop_column("series_position")
        batch_op.drop_column("series_id")
        batch_op.drop_column("kept_until")
        batch_op.drop_column("selected_at")
        batch_op.drop_column("criteria")
        batch_op.drop_column("decision_hours")
        batch_op.drop_column("offer_hours")
        batch_op.drop_column("line_mode")
        batch_op.drop_column("max_per_authority")

    with op.batch_alter_table("facility", schema=None) as batch_op:
        batch_op.drop_column("buffer_minutes")

    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_column("valid_months")
        batch_op.drop_column("attendance_percent")

    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.drop_column("reminded_at")
        batch_op.drop_column("held_back")
        batch_op.drop_column("entered_at")
        batch_op.drop_column("priority")
        batch_op.drop_column("partial_ok")
        batch_op.drop_column("sector")

    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_booking_replaces_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_booking_placed_from",
            sqlite_where=sa.text("placed_from <> ''"),
            postgresql_where=sa.text("placed_from <> ''"),
        )
        batch_op.drop_column("result_note")
        batch_op.drop_column("result")
        batch_op.drop_column("replaces_id")
        batch_op.drop_column("interest")
        batch_op.drop_column("placed_from")
        batch_op.drop_column("at_risk")
        batch_op.drop_column("selection")
        batch_op.drop_column("held_back")
        batch_op.drop_column("priority")
        batch_op.drop_column("groups")
        batch_op.drop_column("authority")

    with op.batch_alter_table("qualification", schema=None) as batch_op:
        batch_op.drop_index("ix_qualification_person_id_kind")
        batch_op.drop_index(batch_op.f("ix_qualification_course_id"))
        batch_op.drop_index(batch_op.f("ix_qualification_certificate_id"))

    op.drop_table("qualification")
    with op.batch_alter_table("occupancy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_occupancy_slot_id"))
        batch_op.drop_index("ix_occupancy_resource_id_starts_at")
        batch_op.drop_index(batch_op.f("ix_occupancy_booking_id"))

    op.drop_table("occupancy")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_certificate_booking_valid",
            sqlite_where=sa.text("state = 'valid'"),
            postgresql_where=sa.text("state = 'valid'"),
        )
        batch_op.drop_index(batch_op.f("ix_certificate_provider_id"))
        batch_op.drop_index(batch_op.f("ix_certificate_person_id"))

    op.drop_table("certificate")
    with op.batch_alter_table("attendance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attendance_meeting_id"))

    op.drop_table("attendance")
    with op.batch_alter_table("waiver", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_waiver_slot_id"))

    op.drop_table("waiver")
    with op.batch_alter_table("slot_resource", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_slot_resource_resource_id"))

    op.drop_table("slot_resource")
    with op.batch_alter_table("seat_share", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_seat_share_slot_id"))

    op.drop_table("seat_share")
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_series_provider_id"))
        batch_op.drop_index(batch_op.f("ix_series_course_id"))

    op.drop_table("series")
    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_provider_id"))
        batch_op.drop_index(batch_op.f("ix_resource_code"))

    op.drop_table("resource")
