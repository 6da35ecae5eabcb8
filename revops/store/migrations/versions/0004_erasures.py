"""Customers whose person was erased."""

import sqlalchemy as sa
from alembic import op

from revops.store.migrations.ddl import hide_other_tenants, is_for

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    if not is_for("operations"):
        return
    op.create_table(
        "erasures",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("marks", sa.Text, nullable=False),
        sa.Column("erased_by", sa.Text, nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "customer_id", name="pk_erasures"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_erasures_tenants"),
    )
    hide_other_tenants("erasures")
