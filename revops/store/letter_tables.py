"""Tables of what is written to customers, of what was asked of colleagues, and of where dunning stands.

What names a person is in `letters`, `tasks` and nowhere else here: an erasure empties those columns, and the decision
that bound a letter still holds its hash.
"""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Table, Text, text

from revops.store.metadata import in_list, metadata
from revops.store.types import UtcDateTime

CONTACT_STATUSES = ("reserved", "sent", "unknown")
WRITERS = ("template", "model", "person")
TASK_STATES = ("open", "done", "cancelled")

# One drafted letter; a letter never changes, another version is another row. `content` is JSON: subject, text, html,
# name and facts; `made_by` is JSON: model, tokens, cost, prompt and answer, where a model wrote.
letters = Table(
    "letters",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("letter_id", Text, primary_key=True),
    Column("leak_id", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("salt", Text),
    Column("address", Text),
    Column("content", Text),
    Column("made_by", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("erased_at", UtcDateTime),
    ForeignKeyConstraint(["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"]),
    CheckConstraint(in_list("written_by", WRITERS), name="written_by"),
    Index("ix_letters_tenant_id_leak_id", "tenant_id", "leak_id", "step"),
)

# One contact with a customer: reserved before it is sent, so that two at once cannot both be the second of a week.
# `person` is a digest of the address: two customers with one address are one person. `edits` counts words changed
# between the first draft and what was sent.
contacts = Table(
    "contacts",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("action_id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("letter_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("message_id", Text),
    Column("edits", Integer),
    ForeignKeyConstraint(["tenant_id", "action_id"], ["actions.tenant_id", "actions.action_id"]),
    CheckConstraint(in_list("status", CONTACT_STATUSES), name="status"),
    Index("ix_contacts_tenant_id_customer_id", "tenant_id", "customer_id", "at"),
    Index("ix_contacts_tenant_id_person", "tenant_id", "person", "at"),
)

# Addresses that nothing is sent to, by digest: a bounce, or somebody said so.
mail_suppressions = Table(
    "mail_suppressions",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("person", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
)

# Where the dunning of one invoice stands; `state` is JSON.
dunning = Table(
    "dunning",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("invoice_id", Text, primary_key=True),
    Column("leak_id", Text, nullable=False),
    Column("customer_id", Text),
    Column("status", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    ForeignKeyConstraint(["tenant_id", "leak_id"], ["leaks.tenant_id", "leaks.leak_id"]),
    Index(
        "ix_dunning_running",
        "tenant_id",
        "status",
        sqlite_where=text("ended_at is null"),
        postgresql_where=text("ended_at is null"),
    ),
)

# A task that was opened for an action; `said` is JSON: title, description and comments.
tasks = Table(
    "tasks",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("action_id", Text, primary_key=True),
    Column("leak_id", Text, nullable=False),
    Column("task_id", Text),
    Column("identifier", Text),
    Column("url", Text),
    Column("state", Text, nullable=False),
    Column("said", Text),
    Column("updated_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id", "action_id"], ["actions.tenant_id", "actions.action_id"]),
    CheckConstraint(in_list("state", TASK_STATES), name="state"),
    Index("ix_tasks_tenant_id_leak_id", "tenant_id", "leak_id"),
)

# What decides which payers are left alone: random, and the same for ever.
holdout_salts = Table(
    "holdout_salts",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("salt", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
)
