"""Decision records with what is personal apart, the keys that sign them; `approvals`, which nothing used, goes."""

import sqlalchemy as sa
from alembic import op

from revops.store.migrations.ddl import append_only, hide_other_tenants, is_for

revision = "0005"
down_revision = "0004"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    if not is_for("operations"):
        return
    op.drop_table("approvals")
    op.create_table(
        "decision_records",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_type", sa.Text, nullable=False),
        sa.Column("subject_id", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "number", name="pk_decision_records"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_decision_records_tenants"),
    )
    op.create_index("ix_decision_records_subject", "decision_records", ["tenant_id", "subject_type", "subject_id"])
    op.create_table(
        "decision_personal",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("salt", sa.Text),
        sa.Column("content", sa.Text),
        sa.PrimaryKeyConstraint("tenant_id", "number", "part", name="pk_decision_personal"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "number"],
            ["decision_records.tenant_id", "decision_records.number"],
            name="fk_decision_personal_decision_records",
        ),
        sa.CheckConstraint("part in ('actor', 'note')", name=op.f("ck_decision_personal_part")),
    )
    op.create_table(
        "decision_people",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("pseudonym", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "pseudonym", name="pk_decision_people"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_decision_people_tenants"),
        sa.UniqueConstraint("tenant_id", "person_id", name="uq_decision_people_tenant_id_person_id"),
    )
    op.create_table(
        "signing_keys",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("private_key", sa.LargeBinary),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("retired_at", _TIME),
        sa.PrimaryKeyConstraint("tenant_id", "key_id", name="pk_signing_keys"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_signing_keys_tenants"),
        sa.CheckConstraint("retired_at is null or private_key is null", name=op.f("ck_signing_keys_retired")),
    )
    current = sa.text("retired_at is null")
    op.create_index(
        "uq_signing_keys_current",
        "signing_keys",
        ["tenant_id"],
        unique=True,
        sqlite_where=current,
        postgresql_where=current,
    )
    hide_other_tenants("decision_records", "decision_personal", "decision_people", "signing_keys")
    append_only("decision_records", keys=("tenant_id", "number"))
