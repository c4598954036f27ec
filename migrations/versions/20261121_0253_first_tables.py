"""First tables: people, supply, demand, seats, calendars, facts.

Revision ID: ebc6be166ff9
Revises:
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "ebc6be166ff9"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_entry_subject", ["subject", "subject_id", "at"], unique=False
        )

    op.create_table(
        "catalogue_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_catalogue_revision_single_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_revision")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency_key")),
    )
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_idempotency_key_created_at"), ["created_at"], unique=False
        )

    op.create_table(
        "outbox_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_event")),
        sa.UniqueConstraint(
            "subject",
            "subject_id",
            "version",
            "name",
            name=op.f("uq_outbox_event_subject_subject_id_version_name"),
        ),
    )
    with op.batch_alter_table("outbox_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_event_waiting", ["processed_at", "recorded_at"], unique=False
        )

    op.create_table(
        "provider",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_latin", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("languages", sa.String(), nullable=False),
        sa.Column("website", sa.String(length=300), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("about", sa.String(length=4000), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_reason", sa.String(length=4000), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider")),
        sa.UniqueConstraint("slug", name=op.f("uq_provider_slug")),
    )
    with op.batch_alter_table("provider", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_provider_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_provider_state"), ["state"], unique=False)

    op.create_table(
        "sign_in_attempt",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "window_start", name=op.f("pk_sign_in_attempt")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("citizenship", sa.String(length=2), nullable=True),
        sa.Column("languages", sa.String(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=True),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_api_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "facility",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=4000), nullable=False),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("cleanroom_grade", sa.String(length=8), nullable=False),
        sa.Column("biosafety", sa.String(length=32), nullable=False),
        sa.Column("equipment", sa.String(), nullable=False),
        sa.Column("access_rules", sa.String(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("about", sa.String(length=4000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("places BETWEEN 1 AND 100000", name=op.f("ck_facility_places_in_range")),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.id"],
            name=op.f("fk_facility_provider_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("slug", name=op.f("uq_facility_slug")),
    )
    with op.batch_alter_table("facility", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_facility_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_facility_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_facility_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "feed_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("label", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_on", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(kind = 'country') = (country IS NOT NULL)", name=op.f("ck_feed_token_country_feed")
        ),
        sa.CheckConstraint("kind IN ('person', 'country')", name=op.f("ck_feed_token_kind_known")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_feed_token_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_feed_token_token_hash")),
    )
    with op.batch_alter_table("feed_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feed_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "gap_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=False),
        sa.Column("office", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_reason", sa.String(length=4000), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("sector", sa.String(length=32), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("significance", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(length=32), nullable=False),
        sa.Column("evidence_note", sa.String(length=4000), nullable=False),
        sa.Column("earliest", sa.Date(), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=False),
        sa.Column("modes", sa.String(), nullable=False),
        sa.Column("languages", sa.String(), nullable=False),
        sa.Column("remote_only", sa.Boolean(), nullable=False),
        sa.Column("travel", sa.String(length=16), nullable=False),
        sa.Column("travel_limit_km", sa.Integer(), nullable=True),
        sa.Column("fee_limit_usd", sa.Integer(), nullable=True),
        sa.Column("funding_note", sa.String(length=4000), nullable=False),
        sa.Column("publish", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=False),
        sa.Column("seats_held", sa.Integer(), nullable=False),
        sa.Column("seats_met", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("earliest <= needed_by", name=op.f("ck_gap_request_window_order")),
        sa.CheckConstraint(
            "people BETWEEN 1 AND 100000", name=op.f("ck_gap_request_people_in_range")
        ),
        sa.CheckConstraint("seats_held >= 0", name=op.f("ck_gap_request_held_not_negative")),
        sa.CheckConstraint("seats_met >= 0", name=op.f("ck_gap_request_met_not_negative")),
        sa.CheckConstraint(
            "significance BETWEEN 1 AND 4", name=op.f("ck_gap_request_significance_in_range")
        ),
        sa.CheckConstraint("urgency BETWEEN 1 AND 4", name=op.f("ck_gap_request_urgency_in_range")),
        sa.ForeignKeyConstraint(
            ["filed_by"], ["user.id"], name=op.f("fk_gap_request_filed_by"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_request")),
    )
    with op.batch_alter_table("gap_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gap_request_code"), ["code"], unique=False)
        batch_op.create_index("ix_gap_request_country_state", ["country", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_gap_request_filed_by"), ["filed_by"], unique=False)

    op.create_table(
        "login",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_login_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_token_hash")),
    )
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_user_id"), ["user_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(role = 'focal-point') = (country <> '')",
            name=op.f("ck_membership_focal_point_has_country"),
        ),
        sa.CheckConstraint(
            "(role IN ('provider-owner', 'provider-editor')) = (provider_id IS NOT NULL)",
            name=op.f("ck_membership_provider_role_has_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.id"],
            name=op.f("fk_membership_provider_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_membership_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_membership_provider_id"), ["provider_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_membership_user_id"), ["user_id"], unique=False)
        batch_op.create_index(
            "uq_membership_other",
            ["user_id", "role", "country"],
            unique=True,
            sqlite_where=sa.text("provider_id IS NULL"),
            postgresql_where=sa.text("provider_id IS NULL"),
        )
        batch_op.create_index(
            "uq_membership_provider",
            ["user_id", "provider_id"],
            unique=True,
            sqlite_where=sa.text("provider_id IS NOT NULL"),
            postgresql_where=sa.text("provider_id IS NOT NULL"),
        )

    op.create_table(
        "course",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=4000), nullable=False),
        sa.Column("mode", sa.String(length=24), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("platforms", sa.String(), nullable=False),
        sa.Column("languages", sa.String(), nullable=False),
        sa.Column("interpretation", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("eligible_countries", sa.String(), nullable=False),
        sa.Column("length", sa.Float(), nullable=False),
        sa.Column("length_unit", sa.String(length=8), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("programme_status", sa.String(length=16), nullable=False),
        sa.Column("funding", sa.String(length=24), nullable=False),
        sa.Column("fee_usd", sa.Integer(), nullable=True),
        sa.Column("certificate", sa.String(length=32), nullable=False),
        sa.Column("search_text", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "fee_usd IS NULL OR fee_usd >= 0", name=op.f("ck_course_fee_not_negative")
        ),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_course_level_in_range")),
        sa.CheckConstraint("seats BETWEEN 1 AND 100000", name=op.f("ck_course_seats_in_range")),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.id"],
            name=op.f("fk_course_facility_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.id"],
            name=op.f("fk_course_provider_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("slug", name=op.f("uq_course_slug")),
    )
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_course_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "facility_closure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_facility_closure_order")),
        sa.ForeignKeyConstraint(
            ["facility_id"],
            ["facility.id"],
            name=op.f("fk_facility_closure_facility_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_closure")),
    )
    with op.batch_alter_table("facility_closure", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_facility_closure_facility_id"), ["facility_id"], unique=False
        )

    op.create_table(
        "gap_need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("skill_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("platform", sa.String(length=24), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_gap_need_level_in_range")),
        sa.CheckConstraint("people BETWEEN 1 AND 100000", name=op.f("ck_gap_need_people_in_range")),
        sa.CheckConstraint("weight BETWEEN 1 AND 100", name=op.f("ck_gap_need_weight_in_range")),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["gap_request.id"],
            name=op.f("fk_gap_need_request_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap_need")),
    )
    with op.batch_alter_table("gap_need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_gap_need_request_id"), ["request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_gap_need_skill_id"), ["skill_id"], unique=False)

    op.create_table(
        "course_prerequisite",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("requires_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "course_id <> requires_id", name=op.f("ck_course_prerequisite_not_itself")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"],
            ["course.id"],
            name=op.f("fk_course_prerequisite_course_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["requires_id"],
            ["course.id"],
            name=op.f("fk_course_prerequisite_requires_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("course_id", "requires_id", name=op.f("pk_course_prerequisite")),
    )
    with op.batch_alter_table("course_prerequisite", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_course_prerequisite_requires_id"), ["requires_id"], unique=False
        )

    op.create_table(
        "course_skill",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("skill_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 1 AND 4", name=op.f("ck_course_skill_level_in_range")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_skill_course_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_id", "skill_id", name=op.f("pk_course_skill")),
    )
    with op.batch_alter_table("course_skill", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_skill_skill_id"), ["skill_id"], unique=False)

    op.create_table(
        "slot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=True),
        sa.Column("mode", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("status_reason", sa.String(length=4000), nullable=False),
        sa.Column("route", sa.String(length=24), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("overbook", sa.Integer(), nullable=False),
        sa.Column("seats_claimed", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("minimum_to_run", sa.Integer(), nullable=True),
        sa.Column("max_per_country", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("apply_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("overbook BETWEEN 0 AND 1000", name=op.f("ck_slot_overbook_in_range")),
        sa.CheckConstraint("seats BETWEEN 1 AND 100000", name=op.f("ck_slot_seats_in_range")),
        sa.CheckConstraint(
            "seats_claimed BETWEEN 0 AND seats + overbook",
            name=op.f("ck_slot_seats_never_oversold"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_slot_order")),
        sa.CheckConstraint("waiting >= 0", name=op.f("ck_slot_waiting_not_negative")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_slot_course_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["facility_id"], ["facility.id"], name=op.f("fk_slot_facility_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.id"], name=op.f("fk_slot_provider_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slot_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_slot_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_slot_course_id"), ["course_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_slot_facility_id"), ["facility_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_slot_provider_id"), ["provider_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_slot_starts_at"), ["starts_at"], unique=False)
        batch_op.create_index("ix_slot_status_starts_at", ["status", "starts_at"], unique=False)

    op.create_table(
        "cohort",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("seats_open", sa.Integer(), nullable=False),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state = 'active' OR seats_open = 0", name=op.f("ck_cohort_released_holds_nothing")
        ),
        sa.CheckConstraint("seats BETWEEN 1 AND 100000", name=op.f("ck_cohort_seats_in_range")),
        sa.CheckConstraint(
            "seats_open BETWEEN 0 AND seats", name=op.f("ck_cohort_open_within_seats")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["gap_request.id"],
            name=op.f("fk_cohort_request_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_cohort_slot_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort")),
    )
    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cohort_country"), ["country"], unique=False)
        batch_op.create_index(batch_op.f("ix_cohort_release_at"), ["release_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_cohort_request_id"), ["request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cohort_slot_id"), ["slot_id"], unique=False)

    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("local_starts", sa.String(length=16), nullable=False),
        sa.Column("local_ends", sa.String(length=16), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mode", sa.String(length=24), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("join_url", sa.String(length=500), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_meeting_order")),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_meeting_slot_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
    )
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.create_index("ix_meeting_slot_id_position", ["slot_id", "position"], unique=False)
        batch_op.create_index(batch_op.f("ix_meeting_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("cohort_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column("note", sa.String(length=4000), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('held', 'offered')) = (held_until IS NOT NULL)",
            name=op.f("ck_booking_hold_has_an_end"),
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_booking_cohort_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["user.id"], name=op.f("fk_booking_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["slot.id"], name=op.f("fk_booking_slot_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
    )
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_booking_cohort_id"), ["cohort_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_held_until"), ["held_until"], unique=False)
        batch_op.create_index(batch_op.f("ix_booking_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_booking_slot_id_state", ["slot_id", "state", "entered_at"], unique=False
        )
        batch_op.create_index(
            "uq_booking_live",
            ["slot_id", "person_id"],
            unique=True,
            sqlite_where=sa.text(
                "state IN ('attended', 'confirmed', 'held', 'no-show', 'offered', 'requested', 'waitlisted')"
            ),
            postgresql_where=sa.text(
                "state IN ('attended', 'confirmed', 'held', 'no-show', 'offered', 'requested', 'waitlisted')"
            ),
        )

    # The one row that every change of the catalogue raises; there is never a second one.
    op.bulk_insert(
        sa.table(
            "catalogue_revision",
            sa.column("id", sa.Integer()),
            sa.column("value", sa.Integer()),
            sa.column("changed_at", sa.DateTime(timezone=True)),
        ),
        [{"id": 1, "value": 0, "changed_at": datetime(2026, 1, 1, tzinfo=UTC)}],
    )


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("booking", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_booking_live",
            sqlite_where=sa.text(
                "state IN ('attended', 'confirmed', 'held', 'no-show', 'offered', 'requested', 'waitlisted')"
            ),
            postgresql_where=sa.text(
                "state IN ('attended', 'confirmed', 'held', 'no-show', 'offered', 'requested', 'waitlisted')"
            ),
        )
        batch_op.drop_index("ix_booking_slot_id_state")
        batch_op.drop_index(batch_op.f("ix_booking_person_id"))
        batch_op.drop_index(batch_op.f("ix_booking_held_until"))
        batch_op.drop_index(batch_op.f("ix_booking_cohort_id"))

    op.drop_table("booking")
    with op.batch_alter_table("meeting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meeting_starts_at"))
        batch_op.drop_index("ix_meeting_slot_id_position")

    op.drop_table("meeting")
    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cohort_slot_id"))
        batch_op.drop_index(batch_op.f("ix_cohort_request_id"))
        batch_op.drop_index(batch_op.f("ix_cohort_release_at"))
        batch_op.drop_index(batch_op.f("ix_cohort_country"))

    op.drop_table("cohort")
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_index("ix_slot_status_starts_at")
        batch_op.drop_index(batch_op.f("ix_slot_starts_at"))
        batch_op.drop_index(batch_op.f("ix_slot_provider_id"))
        batch_op.drop_index(batch_op.f("ix_slot_facility_id"))
        batch_op.drop_index(batch_op.f("ix_slot_course_id"))
        batch_op.drop_index(batch_op.f("ix_slot_country"))
        batch_op.drop_index(batch_op.f("ix_slot_code"))

    op.drop_table("slot")
    with op.batch_alter_table("course_skill", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_skill_skill_id"))

    op.drop_table("course_skill")
    with op.batch_alter_table("course_prerequisite", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_prerequisite_requires_id"))

    op.drop_table("course_prerequisite")
    with op.batch_alter_table("gap_need", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gap_need_skill_id"))
        batch_op.drop_index(batch_op.f("ix_gap_need_request_id"))

    op.drop_table("gap_need")
    with op.batch_alter_table("facility_closure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facility_closure_facility_id"))

    op.drop_table("facility_closure")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_provider_id"))
        batch_op.drop_index(batch_op.f("ix_course_code"))

    op.drop_table("course")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_membership_provider",
            sqlite_where=sa.text("provider_id IS NOT NULL"),
            postgresql_where=sa.text("provider_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_membership_other",
            sqlite_where=sa.text("provider_id IS NULL"),
            postgresql_where=sa.text("provider_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_membership_user_id"))
        batch_op.drop_index(batch_op.f("ix_membership_provider_id"))

    op.drop_table("membership")
    with op.batch_alter_table("login", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_user_id"))

    op.drop_table("login")
    with op.batch_alter_table("gap_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_gap_request_filed_by"))
        batch_op.drop_index("ix_gap_request_country_state")
        batch_op.drop_index(batch_op.f("ix_gap_request_code"))

    op.drop_table("gap_request")
    with op.batch_alter_table("feed_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feed_token_user_id"))

    op.drop_table("feed_token")
    with op.batch_alter_table("facility", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facility_provider_id"))
        batch_op.drop_index(batch_op.f("ix_facility_country"))
        batch_op.drop_index(batch_op.f("ix_facility_code"))

    op.drop_table("facility")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_user_id"))

    op.drop_table("api_token")
    op.drop_table("user")
    op.drop_table("sign_in_attempt")
    with op.batch_alter_table("provider", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_provider_state"))
        batch_op.drop_index(batch_op.f("ix_provider_country"))
        batch_op.drop_index(batch_op.f("ix_provider_code"))

    op.drop_table("provider")
    with op.batch_alter_table("outbox_event", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_event_waiting")

    op.drop_table("outbox_event")
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_key_created_at"))

    op.drop_table("idempotency_key")
    op.drop_table("catalogue_revision")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_subject")

    op.drop_table("audit_entry")
