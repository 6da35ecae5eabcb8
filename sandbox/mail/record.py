"""What was taken: an append-only record that tests trust over everything the sender says.

One line for each mail, never changed; with a path every line is on disk before the answer leaves.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Entry:
    """A mail as it came: `at` in Unix seconds; `content` are its octets without SMTP's own dots."""

    id: str
    at: float
    mail_from: str
    rcpt_to: tuple[str, ...]
    is_encrypted: bool
    user: str | None
    content: bytes = field(repr=False)


class Record:
    """Mails in the order in which they came. An earlier file is written on, not read back."""

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[Entry] = []
        self._file = path.open("a", encoding="utf-8") if path is not None else None

    def append(self, entry: Entry) -> None:
        """Add a mail."""
        if self._file is not None:
            line = {**asdict(entry), "content": entry.content.decode("utf-8", "surrogateescape")}
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        self._entries.append(entry)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything so far, oldest first."""
        return tuple(self._entries)

    def find(self, entry_id: str) -> Entry | None:
        """The mail of an id."""
        return next((one for one in self._entries if one.id == entry_id), None)

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
