"""What was posted to Slack."""

import sqlalchemy as sa
from alembic import op

from revops.store.migrations.ddl import hide_other_tenants, is_for

revision = "0007"
down_revision = "0006"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    if not is_for("operations"):
        return
    op.create_table(
        "slack_messages",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("message_key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text),
        sa.Column("root_cause", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("ts", sa.Text),
        sa.Column("thread_ts", sa.Text),
        sa.Column("digest_key", sa.Text),
        sa.Column("shown", sa.Text),
        sa.Column("first_begun_at", _TIME, nullable=False),
        sa.Column("begun_at", _TIME, nullable=False),
        sa.Column("posted_at", _TIME),
        sa.Column("gone_at", _TIME),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "message_key", name="pk_slack_messages"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_slack_messages_tenants"),
        sa.CheckConstraint("kind in ('proposal', 'digest')", name=op.f("ck_slack_messages_kind")),
    )
    op.create_index("ix_slack_messages_tenant_id_place", "slack_messages", ["tenant_id", "place", "customer_id"])
    op.create_index("ix_slack_messages_tenant_id_digest_key", "slack_messages", ["tenant_id", "digest_key"])
    hide_other_tenants("slack_messages")
