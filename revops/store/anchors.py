"""The head of each tenant's chain of decision records, kept outside of the database.

A chain shows what was changed in it, not that its end is gone. So its head is appended to
`LEAKS_HOME/anchors/<tenant>.jsonl` after decisions, and to the same file in LEAKS_ANCHOR_DIR where that is set: a
mounted bucket, say, that the database's owner cannot write. An anchor is the record's own signature, so nobody without
the key can write one; and it is only written where everything since the last one is right and its key is vouched for by
the key before, so that somebody with the database alone cannot have a key of his own anchored.
"""

import fcntl
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from revops.domain.decision_record import DecisionRecordError, key_id_of
from revops.domain.kept_records import Anchor, Anchors, KeptRecord, anchor_of, read_anchors
from revops.domain.record_faults import Fault, Reached, Verdict
from revops.domain.verify_records import verify
from revops.settings import Settings
from revops.store.decisions import Decisions
from revops.store.signing_keys import KnownKey, read_keys
from revops.store.store import Store

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Anchored:
    """What holds after anchoring: the newest anchor, the fault that forbade a newer one, files not written."""

    newest: Anchor | None
    fault: Fault | None = None
    problems: tuple[str, ...] = ()


def anchor_files(settings: Settings, tenant_id: str) -> list[Path]:
    """Where a tenant's anchors are: first in LEAKS_HOME, then in LEAKS_ANCHOR_DIR."""
    folders = [settings.leaks_home / "anchors", *([settings.leaks_anchor_dir] if settings.leaks_anchor_dir else [])]
    return [folder / f"{tenant_id}.jsonl" for folder in folders]


def read_anchor_files(settings: Settings, tenant_id: str) -> Anchors:
    """What all of a tenant's files say together; one that is not there says nothing."""
    found = Anchors()
    for path in anchor_files(settings, tenant_id):
        if path.exists():
            found += read_anchors(path.read_text(encoding="utf-8", errors="replace"))
    return found


def anchor(settings: Settings, store: Store, tenant_id: str, *, vouched: Collection[bytes] = ()) -> Anchored:
    """Anchor the tenant's newest record, if it is not yet and all since the last anchor is right.

    Call it after a transaction, never inside. `vouched` are public keys that may take over from a lost one. What is
    wrong is returned and logged; it raises for nothing but the store.
    """
    try:
        with alone(settings, tenant_id):
            return _anchor(settings, store, tenant_id, vouched)
    except OSError as error:
        problem = f"{anchor_files(settings, tenant_id)[0]} cannot be written ({error})."
        _log.error("decisions_not_anchored", tenant=tenant_id, advice=problem)
        return Anchored(None, problems=(problem,))


def verify_kept(settings: Settings, store: Store, tenant_id: str, *, trusted: Collection[bytes] = ()) -> Verdict:
    """Check all of a tenant's records against themselves, the anchors, and the keys that anchors or `trusted` name."""
    # Before the records: what is decided and anchored meanwhile is no end that was cut off.
    anchors = read_anchor_files(settings, tenant_id)
    records = list(Decisions(store).read(tenant_id))
    keys = trusted or [one.key for one in anchors.anchors]
    known = [one.raw for one in _keys(store, tenant_id)]
    return verify(tenant_id, records, known_keys=known, trusted_keys=keys, anchors=anchors)


def _anchor(settings: Settings, store: Store, tenant_id: str, vouched: Collection[bytes]) -> Anchored:
    newest = read_anchor_files(settings, tenant_id).newest
    after = newest.number - 1 if newest else 0
    records = list(Decisions(store).read(tenant_id, after=after))
    keys = _keys(store, tenant_id)
    verdict = verify(
        tenant_id,
        records,
        known_keys=[one.raw for one in keys],
        trusted_keys=[*([newest.key] if newest else []), *vouched],
        anchors=Anchors((newest,)) if newest else Anchors(),
        since=_since(newest, records),
        with_personal=False,
    )
    if verdict.fault is not None:
        _log.error("decisions_not_anchored", tenant=tenant_id, advice=f"{verdict.sentence} `leaks decisions verify`.")
        return Anchored(newest, verdict.fault)
    if not records:
        return Anchored(newest)
    texts = {key_id_of(one.raw): one.public_key for one in keys} | (
        {newest.key_id: newest.public_key} if newest else {}
    )
    head = anchor_of(records[-1], texts[records[-1].record.key_id])
    problems = tuple(_written(anchor_files(settings, tenant_id), head))
    for problem in problems:
        _log.error("decisions_not_anchored", tenant=tenant_id, advice=problem)
    return Anchored(head, None, problems)


def _since(newest: Anchor | None, records: list[KeptRecord]) -> Reached:
    """Right before the anchored record, which is checked once more: it must be there, and may name the next key."""
    if newest is None:
        return Reached()
    try:
        previous = records[0].record.previous_hash if records else None
    except DecisionRecordError:
        previous = None
    return Reached(newest.number - 1, previous, newest.key_id)


def _keys(store: Store, tenant_id: str) -> list[KnownKey]:
    with store.tenant(tenant_id, is_read_only=True) as connection:
        return read_keys(connection, tenant_id)


def _written(paths: list[Path], head: Anchor) -> Iterator[str]:
    for path in paths:
        try:
            _append(path, head)
        except OSError as error:
            yield f"{path} cannot be written ({error}). Decisions are kept; anchor them again when it can be."


def _append(path: Path, head: Anchor) -> None:
    newest = read_anchors(path.read_text(encoding="utf-8", errors="replace")).newest if path.exists() else None
    if newest is None or newest.number < head.number:
        append_line(path, head.line)


@contextmanager
def alone(settings: Settings, tenant_id: str) -> Iterator[None]:
    """One process at a time anchors a tenant, so that heads stand in order."""
    path = anchor_files(settings, tenant_id)[0]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a+b") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def append_line(path: Path, line: str) -> None:
    """Add a line to a file of anchors, durably; the caller holds `alone`."""
    is_new = not path.exists()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+b") as stream:
        # A line that a crash cut short must not swallow the next.
        stream.seek(0, os.SEEK_END)
        if stream.tell() > 0:
            stream.seek(-1, os.SEEK_END)
            line = line if stream.read(1) == b"\n" else f"\n{line}"
        stream.write(f"{line}\n".encode())
        stream.flush()
        os.fsync(stream.fileno())
    if is_new:
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
