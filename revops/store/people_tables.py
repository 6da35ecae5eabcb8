"""Tables of who decides and of what they decided besides actions: roles, approvals, suppressions, withdrawals."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table, Text

from revops.domain.person import ROLES
from revops.store.metadata import WITHDRAWAL_STATUSES, in_list, metadata
from revops.store.types import UtcDateTime

people = Table(
    "people",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("name", Text),
    Column("delegated_to", Text),
    Column("delegated_until", UtcDateTime),
    Column("added_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
    CheckConstraint(in_list("role", ROLES), name="role"),
)

# Who has approved a version; a version that needs two people waits for the second.
action_approvals = Table(
    "action_approvals",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("action_id", Text, primary_key=True),
    Column("version_hash", Text, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("approved_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id", "action_id"], ["actions.tenant_id", "actions.action_id"]),
    CheckConstraint(in_list("role", ROLES), name="role"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("suppression_id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("root_cause", Text, nullable=False),
    Column("leak_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),
    Column("lifted_at", UtcDateTime),
    ForeignKeyConstraint(["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"]),
    Index("ix_suppressions_tenant_id_root_cause", "tenant_id", "root_cause"),
)

# A new definition that would withdraw much of the open money waits here for a person's word.
withdrawals = Table(
    "withdrawals",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("withdrawal_id", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Text),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
    CheckConstraint(in_list("status", WITHDRAWAL_STATUSES), name="status"),
)
