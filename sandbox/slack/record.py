"""What was posted: an append-only record that tests trust over everything the API says.

One line for each message, change, ephemeral message and modal, and for each press of a button. Lines are never
changed; with a path every line is on disk before the answer leaves.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

Kind = Literal["posted", "updated", "ephemeral", "modal_opened", "modal_updated", "pressed", "submitted"]


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that people saw or did. `user` is who saw it alone, or who pressed; `blocks` as they were sent."""

    kind: Kind
    channel: str | None = None
    ts: str | None = None
    thread_ts: str | None = None
    user: str | None = None
    text: str = ""
    blocks: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    metadata: Mapping[str, Any] | None = None


class Record:
    """Entries in the order in which things happened. An earlier file is written on, not read back."""

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[Entry] = []
        self._file = path.open("a", encoding="utf-8") if path is not None else None

    def append(self, entry: Entry) -> None:
        """Add what happened."""
        if self._file is not None:
            self._file.write(json.dumps(asdict(entry), separators=(",", ":")) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self._entries.append(entry)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything so far, oldest first."""
        return tuple(self._entries)

    def of(self, *kinds: Kind) -> list[Entry]:
        """Entries of these kinds, oldest first."""
        return [entry for entry in self._entries if entry.kind in kinds]

    def close(self) -> None:
        """Close the file; entries stay readable."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Record:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
