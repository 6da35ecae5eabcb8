"""How long steps tell how far they are."""

from typing import Protocol


class Progress(Protocol):
    """Receives the state of one step; `total` is None while it is not known."""

    def step(self, name: str, done: int, total: int | None) -> None: ...


class NoProgress:
    """For callers that show nothing."""

    def step(self, name: str, done: int, total: int | None) -> None:
        """Does nothing."""
