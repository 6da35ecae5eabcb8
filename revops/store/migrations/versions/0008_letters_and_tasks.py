"""Letters to customers, contacts with them, dunning, and tasks for colleagues."""

import sqlalchemy as sa
from alembic import op

from revops.store.migrations.ddl import hide_other_tenants, is_for

revision = "0008"
down_revision = "0007"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    if not is_for("operations"):
        return
    op.create_table(
        "letters",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("letter_id", sa.Text, nullable=False),
        sa.Column("leak_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("written_by", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("salt", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("content", sa.Text),
        sa.Column("made_by", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("erased_at", _TIME),
        sa.PrimaryKeyConstraint("tenant_id", "letter_id", name="pk_letters"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"], name="fk_letters_leaks"
        ),
        sa.CheckConstraint("written_by in ('template', 'model', 'person')", name=op.f("ck_letters_written_by")),
    )
    op.create_index("ix_letters_tenant_id_leak_id", "letters", ["tenant_id", "leak_id", "step"])
    op.create_table(
        "contacts",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("letter_id", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("edits", sa.Integer),
        sa.PrimaryKeyConstraint("tenant_id", "action_id", name="pk_contacts"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "action_id"], ["actions.tenant_id", "actions.action_id"], name="fk_contacts_actions"
        ),
        sa.CheckConstraint("status in ('reserved', 'sent', 'unknown')", name=op.f("ck_contacts_status")),
    )
    op.create_index("ix_contacts_tenant_id_customer_id", "contacts", ["tenant_id", "customer_id", "at"])
    op.create_index("ix_contacts_tenant_id_person", "contacts", ["tenant_id", "person", "at"])
    op.create_table(
        "mail_suppressions",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "person", name="pk_mail_suppressions"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_mail_suppressions_tenants"),
    )
    op.create_table(
        "dunning",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("invoice_id", sa.Text, nullable=False),
        sa.Column("leak_id", sa.Text, nullable=False),
        sa.Column("customer_id", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("tenant_id", "invoice_id", name="pk_dunning"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"], name="fk_dunning_leaks"
        ),
    )
    running = sa.text("ended_at is null")
    op.create_index(
        "ix_dunning_running", "dunning", ["tenant_id", "status"], sqlite_where=running, postgresql_where=running
    )
    op.create_table(
        "tasks",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("action_id", sa.Text, nullable=False),
        sa.Column("leak_id", sa.Text, nullable=False),
        sa.Column("task_id", sa.Text),
        sa.Column("identifier", sa.Text),
        sa.Column("url", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("said", sa.Text),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "action_id", name="pk_tasks"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "action_id"], ["actions.tenant_id", "actions.action_id"], name="fk_tasks_actions"
        ),
        sa.CheckConstraint("state in ('open', 'done', 'cancelled')", name=op.f("ck_tasks_state")),
    )
    op.create_index("ix_tasks_tenant_id_leak_id", "tasks", ["tenant_id", "leak_id"])
    op.create_table(
        "holdout_salts",
        sa.Column("tenant_id", sa.Text, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="pk_holdout_salts"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"], name="fk_holdout_salts_tenants"),
    )
    hide_other_tenants("holdout_salts", "letters", "contacts", "mail_suppressions", "dunning", "tasks")
