"""Tenants, their integrations and policies, the two logs, and the inbox."""

import sqlalchemy as sa
from alembic import op

from revops.store.migrations.ddl import append_only, hide_other_tenants, is_for

revision = "0001"
down_revision = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the file at hand; the tenant `default` is always there."""
    if is_for("operations"):
        _tenants()
        _logs()
    if is_for("inbox"):
        _inbox()


def _tenants() -> None:
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("removed_at", _TIME),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_tenants"),
    )
    op.create_table(
        "integrations",
        sa.Column("integration_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("account_id", sa.Text),
        sa.Column("credentials", sa.LargeBinary),
        sa.Column("webhook_secrets", sa.LargeBinary),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("integration_id", name="pk_integrations"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_integrations_tenants"),
        sa.CheckConstraint("mode in ('live', 'test')", name=op.f("ck_integrations_mode")),
        sa.CheckConstraint("kind in ('api_key', 'connect', 'export')", name=op.f("ck_integrations_kind")),
        sa.CheckConstraint("status in ('active', 'disconnected')", name=op.f("ck_integrations_status")),
    )
    op.create_index("ix_integrations_tenant_id", "integrations", ["tenant_id"])
    op.create_index(
        "uq_integrations_active_account",
        "integrations",
        ["system", "mode", "account_id"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "policy_versions",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("policy_version", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("valid_from", _TIME, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "number", name="pk_policy_versions"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_policy_versions_tenants"),
    )
    op.execute("insert into tenants (tenant_id, name, created_at) values ('default', 'default', current_timestamp)")
    hide_other_tenants("tenants", "integrations", "policy_versions")


def _logs() -> None:
    op.create_table(
        "audit",
        sa.Column("sequence", _SEQUENCE, nullable=False, autoincrement=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("verb", sa.Text, nullable=False),
        sa.Column("object_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_tenant_id_object_id", "audit", ["tenant_id", "object_id"])
    op.create_table(
        "security_log",
        sa.Column("sequence", _SEQUENCE, nullable=False, autoincrement=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_security_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_security_log_tenant_id_at", "security_log", ["tenant_id", "at"])
    hide_other_tenants("audit", "security_log")
    append_only("audit", "security_log")


def _inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("sequence", _SEQUENCE, nullable=False, autoincrement=True),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("integration_mode", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text),
        sa.Column("account_id", sa.Text),
        sa.Column("event_created_at", _TIME),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("landed_at", _TIME),
        sa.Column("done_at", _TIME),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("sequence", name="pk_inbox"),
        sa.UniqueConstraint("tenant_id", "source", "event_id", name="uq_inbox_tenant_id_source_event_id"),
        sa.CheckConstraint("integration_mode in ('live', 'test')", name=op.f("ck_inbox_integration_mode")),
        sa.CheckConstraint("state in ('received', 'landed', 'done', 'failed')", name=op.f("ck_inbox_state")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_inbox_state_sequence", "inbox", ["state", "sequence"])
    op.create_table(
        "inbox_bodies",
        sa.Column("sequence", _SEQUENCE, nullable=False, autoincrement=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_inbox_bodies"),
    )
    hide_other_tenants("inbox", "inbox_bodies")
