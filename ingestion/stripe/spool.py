"""The backfill's spool: windows that have been read, as files, so that a killed run is gone on with.

`<spool>/backfill/started.json` says when the reading began and of which account; `<resource>/<from>-<to>.parquet` holds
the objects created in that window, and what was refused of it lies beside.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq

from ingestion.erasure.in_force import kept_text
from ingestion.parts import PartWriter
from ingestion.quarantine import Quarantined
from ingestion.stripe.listing import Window
from ingestion.stripe.objects import MalformedObjectError, OtherModeError, id_of
from ingestion.stripe.resources import Resource
from ingestion.stripe.rows import add_object

KEPT_FOR = timedelta(days=7)


@dataclass
class Spool:
    """Parts of one backfill. `loaded_at` is stored with every row, `is_live` is the mode that may land."""

    folder: Path
    tenant_id: str
    is_live: bool
    loaded_at: datetime
    began_at: datetime = field(init=False)

    def begin(self, identity: dict[str, str | None], now: datetime) -> None:
        """Goes on with what is there if it is of the same account and mode and not old, else clears it.

        What changed since it was read must still be told by Stripe's events, which are kept for 30 days.
        """
        marker = self.folder / "started.json"
        if marker.is_file():
            noted = json.loads(marker.read_text())
            if noted["identity"] == identity and now - datetime.fromisoformat(noted["began_at"]) < KEPT_FOR:
                for unfinished in self.folder.glob("*/.*"):
                    unfinished.unlink()
                self.began_at = datetime.fromisoformat(noted["began_at"])
                return
        self.clear()
        self.folder.mkdir(parents=True)
        beside = marker.with_suffix(".new")
        beside.write_text(json.dumps({"identity": identity, "began_at": now.isoformat()}))
        beside.replace(marker)
        self.began_at = now

    def clear(self) -> None:
        """Forgets everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def open(self, resource: Resource, window: Window) -> Iterator["_Part"]:
        """A window's part; it has its name, and so counts as read, from the moment this is left without an error."""
        path = self._path(resource.name, window)
        with PartWriter(path, tenant_id=self.tenant_id, loaded_at=self.loaded_at) as writer:
            part = _Part(resource, writer, self.is_live)
            yield part
            if part.refused or part.other_mode:
                note = {"other_mode": part.other_mode, "rows": [asdict(row) for row in part.refused]}
                path.with_suffix(".refused.json").write_text(json.dumps(note))

    def missing(self, resource: str, wanted: Window) -> list[Window]:
        """What of `wanted` has not been read, newest first."""
        gaps: list[Window] = []
        end = wanted.end
        for read in self._windows(resource):
            if read.end < end:
                gaps.append(Window(max(read.end, wanted.start), end))
            end = min(end, read.start)
        gaps.append(Window(wanted.start, end))
        return [gap for gap in gaps if gap.start < gap.end]

    def parts(self, resource: str) -> list[Path]:
        """The finished parts of a resource, newest window first."""
        return [self._path(resource, window) for window in self._windows(resource)]

    def rows(self, resource: str) -> int:
        """How many rows the finished parts hold."""
        return sum(int(pq.ParquetFile(path).metadata.num_rows) for path in self.parts(resource))

    def refused(self) -> tuple[list[Quarantined], Counter[str]]:
        """What was refused in finished windows, and how many objects of the other mode each resource had."""
        rows: list[Quarantined] = []
        other_mode: Counter[str] = Counter()
        for path in sorted(self.folder.glob("*/*.refused.json")):
            noted = json.loads(path.read_text())
            rows += [Quarantined(**row) for row in noted["rows"]]
            other_mode[path.parent.name] += noted["other_mode"]
        return rows, other_mode

    def _path(self, resource: str, window: Window) -> Path:
        return self.folder / resource / f"{window.start}-{window.end}.parquet"

    def _windows(self, resource: str) -> list[Window]:
        found = []
        for path in (self.folder / resource).glob("[0-9]*.parquet"):
            start, _, end = path.stem.partition("-")
            found.append(Window(int(start), int(end)))
        return sorted(found, reverse=True)


@dataclass
class _Part:
    resource: Resource
    writer: PartWriter
    is_live: bool
    refused: list[Quarantined] = field(default_factory=list)
    other_mode: int = 0

    def take(self, page: list[dict[str, Any]], read_at: datetime) -> None:
        """Adds what may land; the rest is kept as refused."""
        for value in page:
            try:
                add_object(value, self.resource, self._writer_of, is_live=self.is_live, read_at=read_at, source="api")
            except OtherModeError:
                self.other_mode += 1
            except MalformedObjectError as error:
                self.refused.append(refused(value, self.resource, str(error)))

    def _writer_of(self, _table: str) -> PartWriter:
        return self.writer


def refused(value: Any, resource: Resource, reason: str) -> Quarantined:
    """A row of a page that may not land, whole but for what an erased customer's said."""
    text = kept_text(orjson.dumps(value).decode())
    return Quarantined(resource.name, id_of(value), reason, text, f"GET {resource.path}")
