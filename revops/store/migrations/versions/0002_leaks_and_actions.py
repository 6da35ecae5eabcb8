"""Leaks with their reasons, actions with their approvals, and the outbox."""

import sqlalchemy as sa
from alembic import op

from revops.store.migrations.ddl import hide_other_tenants, is_for

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)
_ACTION_STATUSES = (
    "'drafted', 'approved', 'denied', 'superseded', 'dispatching', 'done', 'failed', 'unknown', 'expired'"
)


def upgrade() -> None:
    """Make the tables; all of them live in `operations`."""
    if not is_for("operations"):
        return
    _leaks()
    _actions()
    op.create_table(
        "outbox",
        sa.Column("outbox_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("available_at", _TIME, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("sent_at", _TIME),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("outbox_id", name="pk_outbox"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_outbox_tenants"),
        sa.UniqueConstraint("tenant_id", "key", name="uq_outbox_tenant_id_key"),
    )
    _partial_index("ix_outbox_unsent", "outbox", ["available_at"], "sent_at is null", unique=False)
    hide_other_tenants("leaks", "leak_reasons", "actions", "approvals", "outbox")


def _leaks() -> None:
    op.create_table(
        "leaks",
        sa.Column("leak_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("root_cause", sa.Text, nullable=False),
        sa.Column("occurrence", sa.Text, nullable=False),
        sa.Column("family", sa.Text, nullable=False),
        sa.Column("leak_type", sa.Text, nullable=False),
        sa.Column("object_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("recurring_minor", sa.BigInteger, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("is_alert", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("resolution", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("first_detectable_at", _TIME),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.Column("resolved_at", _TIME),
        sa.Column("definition_version", sa.Text, nullable=False),
        sa.Column("as_of", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("leak_id", name="pk_leaks"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_leaks_tenants"),
        sa.UniqueConstraint("tenant_id", "root_cause", "occurrence", name="uq_leaks_tenant_id_root_cause_occurrence"),
        sa.UniqueConstraint("tenant_id", "leak_id", name="uq_leaks_tenant_id_leak_id"),
        sa.CheckConstraint("status in ('open', 'closed')", name=op.f("ck_leaks_status")),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at is not null and resolution is not null)", name=op.f("ck_leaks_closed")
        ),
    )
    _partial_index("uq_leaks_open_root_cause", "leaks", ["tenant_id", "root_cause"], "status = 'open'", unique=True)
    op.create_index("ix_leaks_tenant_id_status", "leaks", ["tenant_id", "status"])
    op.create_table(
        "leak_reasons",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("leak_id", sa.Text, nullable=False),
        sa.Column("finding_id", sa.Text, nullable=False),
        sa.Column("leak_type", sa.Text, nullable=False),
        sa.Column("object_type", sa.Text, nullable=False),
        sa.Column("object_id", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("attached_at", _TIME, nullable=False),
        sa.Column("detached_at", _TIME),
        sa.PrimaryKeyConstraint("leak_id", "finding_id", name="pk_leak_reasons"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"], name="fk_leak_reasons_leaks"
        ),
    )


def _actions() -> None:
    op.create_table(
        "actions",
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("leak_id", sa.Text, nullable=False),
        sa.Column("root_cause", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("moves_money", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("version_hash", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("request", sa.Text),
        sa.Column("lease_until", _TIME),
        sa.Column("fencing_token", sa.BigInteger),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("dispatched_at", _TIME),
        sa.PrimaryKeyConstraint("action_id", name="pk_actions"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"], name="fk_actions_leaks"
        ),
        sa.UniqueConstraint("tenant_id", "action_id", name="uq_actions_tenant_id_action_id"),
        sa.CheckConstraint(f"status in ({_ACTION_STATUSES})", name=op.f("ck_actions_status")),
    )
    op.create_index("ix_actions_tenant_id_leak_id", "actions", ["tenant_id", "leak_id"])
    unsettled = "moves_money and status in ('drafted', 'approved', 'dispatching', 'unknown')"
    _partial_index("uq_actions_unsettled_money", "actions", ["tenant_id", "root_cause"], unsettled, unique=True)
    op.create_table(
        "approvals",
        sa.Column("approval_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("action_version", sa.Integer, nullable=False),
        sa.Column("version_hash", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("actor_role", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("previous_signature", sa.Text),
        sa.PrimaryKeyConstraint("approval_id", name="pk_approvals"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "action_id"], ["actions.tenant_id", "actions.action_id"], name="fk_approvals_actions"
        ),
        sa.CheckConstraint("decision in ('approve', 'deny', 'refine')", name=op.f("ck_approvals_decision")),
    )
    op.create_index("ix_approvals_tenant_id_action_id", "approvals", ["tenant_id", "action_id"])


def _partial_index(name: str, table: str, columns: list[str], where: str, *, unique: bool) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
