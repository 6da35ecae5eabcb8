"""The tables of decision records; what is personal is in two of them, and nothing personal in the other two."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from revops.domain.decision_record import PARTS
from revops.store.metadata import in_list, metadata
from revops.store.types import UtcDateTime

# `record` is what was signed; the columns before it repeat it so that it can be searched, and the verifier compares.
decision_records = Table(
    "decision_records",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("signature", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
    Index("ix_decision_records_subject", "tenant_id", "subject_type", "subject_id"),
    info={"append_only": True},
)

# Salt and content are empty where the part was erased.
decision_personal = Table(
    "decision_personal",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("part", Text, primary_key=True),
    Column("salt", Text),
    Column("content", Text),
    ForeignKeyConstraint(["tenant_id", "number"], ["decision_records.tenant_id", "decision_records.number"]),
    CheckConstraint(in_list("part", PARTS), name="part"),
)

decision_people = Table(
    "decision_people",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("pseudonym", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
    UniqueConstraint("tenant_id", "person_id"),
)

# A retired key keeps its public half alone: nobody signs with it again.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("public_key", Text, nullable=False),
    Column("private_key", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
    CheckConstraint("retired_at is null or private_key is null", name="retired"),
    Index(
        "uq_signing_keys_current",
        "tenant_id",
        unique=True,
        sqlite_where=text("retired_at is null"),
        postgresql_where=text("retired_at is null"),
    ),
)
