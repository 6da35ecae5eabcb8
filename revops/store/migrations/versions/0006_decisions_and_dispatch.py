"""How leaks end, what actions carry, who decides, what was suppressed, and definitions that wait for a word.

No release wrote to `actions`, so the table is made anew.
"""

import sqlalchemy as sa
from alembic import op

from revops.store.migrations.ddl import hide_other_tenants, is_for

revision = "0006"
down_revision = "0005"

_TIME = sa.DateTime(timezone=True)
_OPEN = "status in ('open', 'pending_decision', 'acting')"
_ENDED = "status in ('recovered', 'resolved_elsewhere', 'dismissed', 'withdrawn', 'lapsed')"
_LEAK_STATUSES = (
    "'open', 'pending_decision', 'acting', 'recovered', 'resolved_elsewhere', 'dismissed', 'withdrawn', 'lapsed'"
)
_ACTION_STATUSES = (
    "'drafted', 'approved', 'dispatching', 'unknown', 'done', 'failed', 'denied', 'superseded', 'expired', "
    "'withdrawn', 'handed_over', 'rehearsed'"
)
_ROLES = "role in ('viewer', 'approver', 'admin')"


def upgrade() -> None:
    """Change and make the tables; all of them live in `operations`."""
    if not is_for("operations"):
        return
    _leaks()
    _actions()
    _people()
    hide_other_tenants("actions", "action_approvals", "people", "suppressions", "withdrawals")


def _leaks() -> None:
    op.drop_index("uq_leaks_open_root_cause", "leaks")
    with op.batch_alter_table("leaks") as batch:
        batch.drop_constraint(op.f("ck_leaks_closed"), type_="check")
        batch.drop_constraint(op.f("ck_leaks_status"), type_="check")
    op.execute(
        "update leaks set status = case when resolution in ('paid', 'paid_out_of_band') then 'resolved_elsewhere' "
        "when resolution in ('voided', 'credited', 'refunded', 'deleted', 'disputed') then 'lapsed' "
        "else 'withdrawn' end where status = 'closed'"
    )
    with op.batch_alter_table("leaks") as batch:
        batch.create_check_constraint(op.f("ck_leaks_status"), f"status in ({_LEAK_STATUSES})")
        batch.create_check_constraint(
            op.f("ck_leaks_closed"), f"({_ENDED}) = (closed_at is not null and resolution is not null)"
        )
    _partial_index("uq_leaks_open_root_cause", "leaks", ["tenant_id", "root_cause"], _OPEN)


def _actions() -> None:
    op.drop_table("actions")
    op.create_table(
        "actions",
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("leak_id", sa.Text, nullable=False),
        sa.Column("root_cause", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("moves_money", sa.Boolean, nullable=False),
        sa.Column("customer_id", sa.Text),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("version_hash", sa.Text, nullable=False),
        sa.Column("bound", sa.Text, nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("not_before", _TIME),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("snoozed_until", _TIME),
        sa.Column("undo_until", _TIME),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("request", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("lease_until", _TIME),
        sa.Column("fencing_token", sa.BigInteger, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("dispatched_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("action_id", name="pk_actions"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"], name="fk_actions_leaks"
        ),
        sa.UniqueConstraint("tenant_id", "action_id", name="uq_actions_tenant_id_action_id"),
        sa.UniqueConstraint("tenant_id", "idempotency_key", name="uq_actions_tenant_id_idempotency_key"),
        sa.CheckConstraint(f"status in ({_ACTION_STATUSES})", name=op.f("ck_actions_status")),
    )
    op.create_index("ix_actions_tenant_id_leak_id", "actions", ["tenant_id", "leak_id"])
    op.create_index("ix_actions_tenant_id_status", "actions", ["tenant_id", "status"])
    unsettled = "moves_money and status in ('drafted', 'approved', 'dispatching', 'unknown')"
    _partial_index("uq_actions_unsettled_money", "actions", ["tenant_id", "root_cause"], unsettled)
    op.create_table(
        "action_approvals",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("version_hash", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("approved_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "action_id", "version_hash", "person_id", name="pk_action_approvals"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "action_id"], ["actions.tenant_id", "actions.action_id"], name="fk_action_approvals_actions"
        ),
        sa.CheckConstraint(_ROLES, name=op.f("ck_action_approvals_role")),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("delegated_to", sa.Text),
        sa.Column("delegated_until", _TIME),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("removed_at", _TIME),
        sa.PrimaryKeyConstraint("tenant_id", "person_id", name="pk_people"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_people_tenants"),
        sa.CheckConstraint(_ROLES, name=op.f("ck_people_role")),
    )
    op.create_table(
        "suppressions",
        sa.Column("suppression_id", sa.Text, nullable=False),
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("root_cause", sa.Text, nullable=False),
        sa.Column("leak_id", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("until", _TIME),
        sa.Column("lifted_at", _TIME),
        sa.PrimaryKeyConstraint("suppression_id", name="pk_suppressions"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"], name="fk_suppressions_leaks"
        ),
    )
    op.create_index("ix_suppressions_tenant_id_root_cause", "suppressions", ["tenant_id", "root_cause"])
    op.create_table(
        "withdrawals",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("withdrawal_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("decided_at", _TIME),
        sa.Column("decided_by", sa.Text),
        sa.PrimaryKeyConstraint("tenant_id", "withdrawal_id", name="pk_withdrawals"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_withdrawals_tenants"),
        sa.CheckConstraint("status in ('asked', 'confirmed', 'refused')", name=op.f("ck_withdrawals_status")),
    )


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)
