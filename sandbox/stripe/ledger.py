"""What money moved: an append-only record that tests trust over everything the API says.

One line per successful charge and per payment taken outside. Lines are never changed or taken back; with a
path every line is on disk before the answer leaves.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal


class LedgerError(Exception):
    """The ledger refuses the entry or cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Money that moved once: `amount_minor` in the currency's smallest unit, `at` in Unix seconds.

    `id` is the charge's, or `out_of_band:<invoice>` for money that came in elsewhere.
    """

    id: str
    kind: Literal["charge", "out_of_band"]
    account: str
    invoice: str
    customer: str
    amount_minor: int
    currency: str
    at: int
    idempotency_key: str | None = None


class Ledger:
    """Entries in the order in which money moved. With a path, earlier entries are read back first."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._ids: set[str] = set()
        self._file = None
        if path is not None:
            if path.exists():
                self._read(path)
            self._file = path.open("a", encoding="utf-8")

    def _read(self, path: Path) -> None:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                self._remember(Entry(**json.loads(line)))
            except (ValueError, TypeError) as error:
                raise LedgerError(f"{path}:{number} is no ledger entry; move the file away to begin anew") from error

    def append(self, entry: Entry) -> None:
        """Record that money moved. Raises LedgerError for a charge that is recorded already."""
        with self._lock:
            if entry.id in self._ids:
                raise LedgerError(f"{entry.id} is in the ledger already: money moves once per charge")
            if self._file is not None:
                self._file.write(json.dumps(asdict(entry), separators=(",", ":")) + "\n")
                self._file.flush()
                os.fsync(self._file.fileno())
            self._remember(entry)

    def _remember(self, entry: Entry) -> None:
        if entry.id in self._ids:
            raise LedgerError(f"{entry.id} is in the ledger twice")
        self._ids.add(entry.id)
        self._entries.append(entry)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything so far, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def total_minor(self, currency: str) -> int:
        """The sum of all entries of a currency, in minor units."""
        return sum(entry.amount_minor for entry in self.entries if entry.currency == currency)

    def __len__(self) -> int:
        return len(self._entries)

    def close(self) -> None:
        """Close the file; entries stay readable."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
