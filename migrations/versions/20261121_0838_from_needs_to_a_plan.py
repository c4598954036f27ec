"""From needs to a plan: requests in full, overrides, alerts, allocations, worth, calls, history.

Columns that may not be empty come with a value for the rows that are there, which is taken away
again: what is written from now on says its own.

Revision ID: 3c1f5a90d2b7
Revises: 97d63df78ac2
"""

import sqlalchemy as sa
from alembic import op

revision = "3c1f5a90d2b7"
down_revision = "97d63df78ac2"
branch_labels = None
depends_on = None

_NEW = {
    "gap_request": ("end_code", "interpretation_ok", "keep_together", "publish_detail"),
    "gap_need": ("role",),
}
_REQUESTS = ("merged_into_id", "copied_from_id")
_TRIAGE = ("asked_at", "clarified_at", "opened_at", "training_since")
# Until now whatever was filed was open at once.
_OPEN_ALREADY = sa.text("UPDATE gap_request SET opened_at = created_at WHERE state <> 'draft'")
_TABLES = (
    "gap_snapshot",
    "allocation_run",
    "allocation_input",
    "allocation_verdict",
    "request_link",
    "request_note",
    "slot_worth",
    "supply_call",
    "supply_call_party",
    "match_alert",
    "match_override",
    "allocation_line",
)


def upgrade() -> None:
    """Apply the change."""
    _change_requests()
    _change_needs()
    _make_gap_snapshot()
    _make_allocation_run()
    _make_allocation_input()
    _make_allocation_verdict()
    _make_request_link()
    _make_request_note()
    _make_slot_worth()
    _make_supply_call()
    _make_supply_call_party()
    _make_match_alert()
    _make_match_override()
    _make_allocation_line()


def downgrade() -> None:
    """Take it back."""
    for table in reversed(_TABLES):
        op.drop_table(table)
    with op.batch_alter_table("gap_need", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_gap_need_level_now"), type_="check")
        batch_op.drop_column("level_now")
        batch_op.drop_column("role")
    with op.batch_alter_table("gap_request", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_gap_request_publish_detail"), type_="check")
        for name in (*_REQUESTS, "owner_id"):
            batch_op.drop_constraint(batch_op.f(f"fk_gap_request_{name}"), type_="foreignkey")
        for name in ("owner_id", "merged_into_id"):
            batch_op.drop_index(batch_op.f(f"ix_gap_request_{name}"))
        for name in (*_NEW["gap_request"], *_TRIAGE, *_REQUESTS, "owner_id"):
            batch_op.drop_column(name)


def _change_requests() -> None:
    with op.batch_alter_table("gap_request", schema=None) as batch_op:
        for column in (
            sa.Column("end_code", sa.String(length=32), nullable=False, server_default=""),
            sa.Column("owner_id", sa.Uuid(), nullable=True),
            sa.Column("merged_into_id", sa.Uuid(), nullable=True),
            sa.Column("copied_from_id", sa.Uuid(), nullable=True),
            sa.Column("interpretation_ok", sa.Boolean(), nullable=False, server_default=sa.true()),
            sa.Column("keep_together", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("publish_detail", sa.String(length=8), nullable=False, server_default="full"),
            *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _TRIAGE),
        ):
            batch_op.add_column(column)
        batch_op.create_check_constraint(
            batch_op.f("ck_gap_request_publish_detail"), "publish_detail IN ('full', 'figures')"
        )
        for name in ("owner_id", "merged_into_id"):
            batch_op.create_index(batch_op.f(f"ix_gap_request_{name}"), [name], unique=False)
        for name, table in (*((each, "gap_request") for each in _REQUESTS), ("owner_id", "user")):
            key = batch_op.f(f"fk_gap_request_{name}")
            batch_op.create_foreign_key(key, table, [name], ["id"], ondelete="RESTRICT")
    _take_defaults_away("gap_request")
    op.execute(_OPEN_ALREADY)


def _change_needs() -> None:
    with op.batch_alter_table("gap_need", schema=None) as batch_op:
        role = sa.Column("role", sa.String(length=200), nullable=False, server_default="")
        batch_op.add_column(role)
        batch_op.add_column(sa.Column("level_now", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_gap_need_level_now"), "level_now IS NULL OR level_now BETWEEN 0 AND 4"
        )
    _take_defaults_away("gap_need")


def _take_defaults_away(table: str) -> None:
    with op.batch_alter_table(table, schema=None) as batch_op:
        for name in _NEW[table]:
            batch_op.alter_column(name, server_default=None)


def _make_gap_snapshot() -> None:
    op.create_table(
        "gap_snapshot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("skill_id", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("platform", sa.String(length=24), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=False),
        sa.Column("quarter", sa.String(length=8), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("significance", sa.Integer(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("needs", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("met", sa.Integer(), nullable=False),
        sa.Column("gap", sa.Integer(), nullable=False),
        sa.Column("offered", sa.Integer(), nullable=False),
        sa.Column("free", sa.Integer(), nullable=False),
        sa.Column("planned", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_snapshot")),
    )
    with op.batch_alter_table("gap_snapshot", schema=None) as batch_op:
        batch_op.create_index("ix_gap_snapshot_day_skill_id", ["day", "skill_id"], unique=False)
        batch_op.create_index(
            "uq_gap_snapshot_cell",
            [
                "day",
                "skill_id",
                "country",
                "platform",
                "sector",
                "quarter",
                "urgency",
                "significance",
                "published",
            ],
            unique=True,
        )


def _make_allocation_run() -> None:
    op.create_table(
        "allocation_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=64), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("input_digest", sa.String(length=64), nullable=False),
        sa.Column("previous_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(length=4000), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.Uuid(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'applied')",
            name=op.f("ck_allocation_run_state"),
        ),
        sa.CheckConstraint(
            "progress BETWEEN 0 AND 100", name=op.f("ck_allocation_run_progress_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["applied_by"],
            ["user.id"],
            name=op.f("fk_allocation_run_applied_by"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["allocation_run.id"],
            name=op.f("fk_allocation_run_previous_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"],
            ["user.id"],
            name=op.f("fk_allocation_run_requested_by"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_run")),
    )
    with op.batch_alter_table("allocation_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_allocation_run_state"), ["state"], unique=False)


def _make_allocation_input() -> None:
    op.create_table(
        "allocation_input",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_allocation_input_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_allocation_input")),
    )


def _make_allocation_verdict() -> None:
    op.create_table(
        "allocation_verdict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("binding", sa.String(length=32), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["gap_request.id"],
            name=op.f("fk_allocation_verdict_request_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_allocation_verdict_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_verdict")),
        sa.UniqueConstraint(
            "run_id", "request_id", name=op.f("uq_allocation_verdict_run_id_request_id")
        ),
    )
    with op.batch_alter_table("allocation_verdict", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_allocation_verdict_request_id"), ["request_id"], unique=False
        )


def _make_request_link() -> None:
    op.create_table(
        "request_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by"], ["user.id"], name=op.f("fk_request_link_added_by"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["gap_request.id"],
            name=op.f("fk_request_link_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_link")),
        sa.UniqueConstraint("request_id", "url", name=op.f("uq_request_link_request_id_url")),
    )
    with op.batch_alter_table("request_link", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_request_link_request_id"), ["request_id"], unique=False
        )


def _make_request_note() -> None:
    op.create_table(
        "request_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("body", sa.String(length=4000), nullable=False),
        sa.Column("written_by", sa.Uuid(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "audience IN ('secretariat', 'both')", name=op.f("ck_request_note_audience")
        ),
        sa.CheckConstraint(
            "kind IN ('note', 'question', 'answer')", name=op.f("ck_request_note_kind")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["gap_request.id"],
            name=op.f("fk_request_note_request_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["written_by"],
            ["user.id"],
            name=op.f("fk_request_note_written_by"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_note")),
    )
    with op.batch_alter_table("request_note", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_request_note_request_id"), ["request_id"], unique=False
        )


def _make_slot_worth() -> None:
    op.create_table(
        "slot_worth",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("skill_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("worth", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("countries", sa.Integer(), nullable=False),
        sa.Column("is_checked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["allocation_run.id"], name=op.f("fk_slot_worth_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_worth")),
        sa.UniqueConstraint(
            "run_id",
            "skill_id",
            "level",
            "region",
            "month",
            name=op.f("uq_slot_worth_run_id_skill_id_level_region_month"),
        ),
    )
    with op.batch_alter_table("slot_worth", schema=None) as batch_op:
        batch_op.create_index("ix_slot_worth_run_id_worth", ["run_id", "worth"], unique=False)


def _make_supply_call() -> None:
    op.create_table(
        "supply_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("skill_id", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("subject", sa.JSON(), nullable=False),
        sa.Column("message", sa.String(length=4000), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('slots', 'dates', 'joint')", name=op.f("ck_supply_call_kind")),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_supply_call_run_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["sent_by"], ["user.id"], name=op.f("fk_supply_call_sent_by"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_call")),
    )
    with op.batch_alter_table("supply_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supply_call_sent_at"), ["sent_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_supply_call_skill_id"), ["skill_id"], unique=False)


def _make_supply_call_party() -> None:
    op.create_table(
        "supply_call_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("answer", sa.String(length=4), nullable=False),
        sa.Column("answer_note", sa.String(length=4000), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("answer IN ('', 'yes', 'no')", name=op.f("ck_supply_call_party_answer")),
        sa.CheckConstraint(
            "(provider_id IS NULL) <> (country IS NULL)",
            name=op.f("ck_supply_call_party_one_party"),
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"],
            ["user.id"],
            name=op.f("fk_supply_call_party_answered_by"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["supply_call.id"],
            name=op.f("fk_supply_call_party_call_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.id"],
            name=op.f("fk_supply_call_party_provider_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_call_party")),
    )
    with op.batch_alter_table("supply_call_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_supply_call_party_call_id"), ["call_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_supply_call_party_country"), ["country"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_supply_call_party_provider_id"), ["provider_id"], unique=False
        )


def _make_match_alert() -> None:
    op.create_table(
        "match_alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("seats_usable", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=64), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["gap_request.id"],
            name=op.f("fk_match_alert_request_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_match_alert_slot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_alert")),
        sa.UniqueConstraint(
            "request_id", "slot_id", name=op.f("uq_match_alert_request_id_slot_id")
        ),
    )
    with op.batch_alter_table("match_alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_alert_found_at"), ["found_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_match_alert_slot_id"), ["slot_id"], unique=False)


def _make_match_override() -> None:
    op.create_table(
        "match_override",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('put-forward', 'set-aside')", name=op.f("ck_match_override_kind")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["user.id"], name=op.f("fk_match_override_ended_by"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["user.id"], name=op.f("fk_match_override_made_by"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["gap_request.id"],
            name=op.f("fk_match_override_request_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_match_override_slot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_override")),
    )
    with op.batch_alter_table("match_override", schema=None) as batch_op:
        batch_op.create_index(
            "uq_match_override_live",
            ["request_id", "slot_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_match_override_slot_id"), ["slot_id"], unique=False)


def _make_allocation_line() -> None:
    op.create_table(
        "allocation_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("seats_solved", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("is_theory", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=4000), nullable=False),
        sa.Column("edited_by", sa.Uuid(), nullable=True),
        sa.Column("edit_reason", sa.String(length=4000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'applied', 'failed')", name=op.f("ck_allocation_line_state")
        ),
        sa.CheckConstraint(
            "seats BETWEEN 0 AND 100000", name=op.f("ck_allocation_line_seats_in_range")
        ),
        sa.CheckConstraint(
            "seats_solved BETWEEN 0 AND 100000", name=op.f("ck_allocation_line_solved_in_range")
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["cohort.id"],
            name=op.f("fk_allocation_line_cohort_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["edited_by"],
            ["user.id"],
            name=op.f("fk_allocation_line_edited_by"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["gap_request.id"],
            name=op.f("fk_allocation_line_request_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["allocation_run.id"],
            name=op.f("fk_allocation_line_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_allocation_line_slot_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation_line")),
        sa.UniqueConstraint(
            "run_id",
            "request_id",
            "slot_id",
            name=op.f("uq_allocation_line_run_id_request_id_slot_id"),
        ),
    )
    with op.batch_alter_table("allocation_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_allocation_line_request_id"), ["request_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_allocation_line_slot_id"), ["slot_id"], unique=False)
