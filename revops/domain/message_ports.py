"""What notifying needs from outside, as it sees it; `revops.bootstrap` decides what stands behind."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from revops.domain.message import Begun, KeptMessage, Message, NewMessage, Place, Posted


class PostsMessages(Protocol):
    """A channel to people. Every method raises NotPostedError."""

    def post(self, place: Place, message: Message, key: str) -> Posted:
        """Post a message that `find` finds by `key`."""
        ...

    def update(self, posted: Posted, message: Message) -> None:
        """Let a message say something else. Raises MessageGoneError, too."""
        ...

    def find(self, place: Place, key: str, since: datetime) -> Posted | None:
        """The message of a key, if it was posted after a time."""
        ...


class Outgoing(Protocol):
    """Something that is to be sent; `attempts` counts this one."""

    @property
    def tenant_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def key(self) -> str:
        """Its name, the same however often it is sent."""
        ...

    @property
    def payload(self) -> Mapping[str, Any]:
        """What it is about."""
        ...

    @property
    def attempts(self) -> int:
        """How often it was taken up, this time included."""
        ...


Sending = TypeVar("Sending", bound=Outgoing, contravariant=True)


class SendsLater(Protocol[Sending]):
    """The outbox, as whoever sends sees it."""

    def sent(self, message: Sending, at: datetime) -> None:
        """It was sent, or need not be."""
        ...

    def failed(self, message: Sending, error: str, retry_at: datetime) -> None:
        """It was not sent; it is due again at a time."""
        ...


class KeepsMessages(Protocol):
    """What was posted where, so that it can be changed."""

    def read(self, tenant_id: str, keys: Sequence[str]) -> dict[str, KeptMessage]:
        """What is known of messages, by key."""
        ...

    def begin(self, tenant_id: str, message: NewMessage, at: datetime) -> Begun:
        """Say that a message is about to be posted, before it is."""
        ...

    def release(self, tenant_id: str, key: str, at: datetime) -> None:
        """Posting did not succeed: whoever comes next may begin at once."""
        ...

    def posted(self, tenant_id: str, key: str, posted: Posted, shown: str, at: datetime) -> None:
        """It was posted, and says `shown`."""
        ...

    def updated(self, tenant_id: str, key: str, shown: str, at: datetime) -> None:
        """It says `shown` now."""
        ...

    def gone(self, tenant_id: str, key: str, at: datetime) -> None:
        """It is no more, and nothing takes its place."""
        ...

    def thread_of(self, tenant_id: str, place: str, customer_id: str) -> str | None:
        """The message that a customer's thread hangs on."""
        ...

    def posted_since(self, tenant_id: str, place: str, since: datetime) -> int:
        """How many proposals were posted there one by one since a time."""
        ...

    def digest_since(self, tenant_id: str, place: str, since: datetime) -> str | None:
        """The key of the last digest that was begun there since a time."""
        ...

    def join(self, tenant_id: str, digest_key: str, messages: Sequence[NewMessage], at: datetime) -> None:
        """Let a digest stand for these proposals."""
        ...

    def members(self, tenant_id: str, digest_key: str) -> list[str]:
        """The actions that a digest stands for."""
        ...
