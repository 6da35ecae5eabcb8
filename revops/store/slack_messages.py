"""What was posted to Slack: where each message is, what it says, and which digest stands for it.

A row is there before the message is. Who finds one without a `ts` knows that posting began and not whether it
succeeded, and looks before posting again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    RowMapping,
    Table,
    Text,
    func,
    select,
    update,
)

from revops.domain.message import Begun, KeptMessage, NewMessage, Posted
from revops.store.actions import CHANGED
from revops.store.metadata import in_list, metadata
from revops.store.outbox import put
from revops.store.rows import insert_into
from revops.store.store import Store
from revops.store.types import UtcDateTime

# Shorter than the outbox's lease: whoever claims a message of one that died finds its row free.
LEASE = timedelta(minutes=1)
KINDS = ("proposal", "digest")

# `place` is the channel as the policy names it, `channel` Slack's id of it; `shown` is a hash of what the message says.
slack_messages = Table(
    "slack_messages",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("message_key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("customer_id", Text),
    Column("root_cause", Text),
    Column("channel", Text),
    Column("ts", Text),
    Column("thread_ts", Text),
    Column("digest_key", Text),
    Column("shown", Text),
    Column("first_begun_at", UtcDateTime, nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("posted_at", UtcDateTime),
    Column("gone_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
    CheckConstraint(in_list("kind", KINDS), name="kind"),
    Index("ix_slack_messages_tenant_id_place", "tenant_id", "place", "customer_id"),
    Index("ix_slack_messages_tenant_id_digest_key", "tenant_id", "digest_key"),
)
_column = slack_messages.c


class SlackMessages:
    """Reading and noting; nothing here speaks to Slack."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, tenant_id: str, keys: Sequence[str]) -> dict[str, KeptMessage]:
        """What is known of messages, by key."""
        query = select(slack_messages).where(_column.tenant_id == tenant_id, _column.message_key.in_(keys))
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return {row["message_key"]: _kept(row) for row in connection.execute(query).mappings()}

    def begin(self, tenant_id: str, message: NewMessage, at: datetime) -> Begun:
        """Say that a message is about to be posted; busy while somebody else has said so within a minute."""
        with self._store.tenant(tenant_id) as connection:
            row = {**_row(tenant_id, message, at), "digest_key": None}
            new = insert_into(connection, slack_messages).values(row)
            added = new.on_conflict_do_nothing(index_elements=["tenant_id", "message_key"])
            if connection.execute(added.returning(_column.message_key)).first() is not None:
                return Begun(is_busy=False)
            again = (
                update(slack_messages)
                .where(*_mine(tenant_id, message.key), _column.ts.is_(None), _column.begun_at <= at - LEASE)
                .values(begun_at=at, place=message.place, thread_ts=message.thread_ts, updated_at=at)
            )
            first_at = connection.scalar(select(_column.first_begun_at).where(*_mine(tenant_id, message.key)))
            return Begun(is_busy=connection.execute(again).rowcount == 0, first_at=first_at)

    def release(self, tenant_id: str, key: str, at: datetime) -> None:
        """Posting did not succeed: the next one need not wait."""
        self._note(tenant_id, key, at, begun_at=at - LEASE)

    def posted(self, tenant_id: str, key: str, posted: Posted, shown: str, at: datetime) -> None:
        """It was posted, and says `shown`."""
        self._note(tenant_id, key, at, channel=posted.channel, ts=posted.ts, posted_at=at, shown=shown)

    def updated(self, tenant_id: str, key: str, shown: str, at: datetime) -> None:
        """It says `shown` now."""
        self._note(tenant_id, key, at, shown=shown)

    def gone(self, tenant_id: str, key: str, at: datetime) -> None:
        """Somebody removed it in Slack; nothing is posted in its place."""
        self._note(tenant_id, key, at, gone_at=at)

    def thread_of(self, tenant_id: str, place: str, customer_id: str) -> str | None:
        """The last message of a customer that hangs on no other, in this place."""
        query = (
            select(_column.ts)
            .where(_column.tenant_id == tenant_id, _column.place == place, _column.customer_id == customer_id)
            .where(_column.ts.is_not(None), _column.thread_ts.is_(None), _column.gone_at.is_(None))
            .order_by(_column.posted_at.desc(), _column.message_key)
            .limit(1)
        )
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return connection.scalar(query)

    def posted_since(self, tenant_id: str, place: str, since: datetime) -> int:
        """How many proposals were posted there one by one since a time."""
        query = select(func.count()).where(
            *(_column.tenant_id == tenant_id, _column.place == place, _column.kind == "proposal"),
            *(_column.digest_key.is_(None), _column.posted_at > since),
        )
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return connection.scalar(query) or 0

    def digest_since(self, tenant_id: str, place: str, since: datetime) -> str | None:
        """The last digest that was begun there since a time."""
        query = (
            select(_column.message_key)
            .where(_column.tenant_id == tenant_id, _column.place == place, _column.kind == "digest")
            .where(_column.first_begun_at > since, _column.gone_at.is_(None))
            .order_by(_column.first_begun_at.desc())
            .limit(1)
        )
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return connection.scalar(query)

    def join(self, tenant_id: str, digest_key: str, messages: Sequence[NewMessage], at: datetime) -> None:
        """Let a digest stand for these proposals; one that has a message of its own keeps it."""
        # A proposal of a digest may be asked for one by one at once: nobody is posting it.
        begun = {"first_begun_at": at - LEASE, "begun_at": at - LEASE, "digest_key": digest_key}
        with self._store.tenant(tenant_id) as connection:
            for message in messages:
                new = insert_into(connection, slack_messages).values({**_row(tenant_id, message, at), **begun})
                connection.execute(new.on_conflict_do_nothing(index_elements=["tenant_id", "message_key"]))

    def members(self, tenant_id: str, digest_key: str) -> list[str]:
        """The actions that a digest stands for."""
        query = select(_column.message_key).where(_column.tenant_id == tenant_id, _column.digest_key == digest_key)
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            return list(connection.scalars(query.order_by(_column.message_key)))

    def tell_again(self, tenant_id: str, customer_id: str, at: datetime) -> int:
        """Let every message about a customer be written anew, and count them: what they say is known otherwise now."""
        about = select(_column.message_key).where(
            *(_column.tenant_id == tenant_id, _column.customer_id == customer_id, _column.kind == "proposal")
        )
        with self._store.tenant(tenant_id) as connection:
            keys: Sequence[str] = connection.scalars(about).all()
            for key in keys:
                again = f"{CHANGED}:{key}:again:{at.isoformat()}"
                put(connection, tenant_id, kind=CHANGED, key=again, payload={"action_id": key}, at=at)
        return len(keys)

    def _note(self, tenant_id: str, key: str, at: datetime, **values: object) -> None:
        with self._store.tenant(tenant_id) as connection:
            statement = update(slack_messages).where(*_mine(tenant_id, key))
            connection.execute(statement.values(**values, updated_at=at))


def _mine(tenant_id: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return _column.tenant_id == tenant_id, _column.message_key == key


def _row(tenant_id: str, message: NewMessage, at: datetime) -> dict[str, object]:
    return {
        "tenant_id": tenant_id,
        "message_key": message.key,
        "kind": message.kind,
        "place": message.place,
        "customer_id": message.customer_id,
        "root_cause": message.root_cause,
        "thread_ts": message.thread_ts,
        "first_begun_at": at,
        "begun_at": at,
        "updated_at": at,
    }


def _kept(row: RowMapping) -> KeptMessage:
    return KeptMessage(
        key=row["message_key"],
        kind=row["kind"],
        place=row["place"],
        thread_ts=row["thread_ts"],
        customer_id=row["customer_id"],
        root_cause=row["root_cause"],
        posted=Posted(row["channel"], row["ts"]) if row["ts"] is not None else None,
        shown=row["shown"],
        digest_key=row["digest_key"],
        is_gone=row["gone_at"] is not None,
    )
