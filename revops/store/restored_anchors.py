"""A restored backup lacks the newest decisions, which looks as if somebody had cut them off.

So whoever restores one says so: the anchors of what is gone count no more, and the verifier tells of it for ever.
"""

from datetime import datetime

from revops.domain.decision_record import moment
from revops.domain.kept_records import Restored
from revops.settings import Settings
from revops.store.anchors import alone, anchor_files, append_line, read_anchor_files
from revops.store.decisions import Decisions
from revops.store.store import Store


def note_restored(settings: Settings, store: Store, tenant_id: str, *, by: str, at: datetime) -> Restored | None:
    """Note it in all files of a tenant's anchors; None where the log agrees with the newest of them.

    Raises OSError where a file cannot be written.
    """
    with alone(settings, tenant_id):
        anchors = read_anchor_files(settings, tenant_id)
        hashes = {kept.number: kept.hash for kept in Decisions(store).read(tenant_id)}
        agreeing = [one.number for one in anchors.anchors if hashes.get(one.number) == one.hash]
        newest = anchors.newest
        if newest is None or newest.number in agreeing:
            return None
        done = Restored(tenant_id, max(agreeing, default=0), newest.number, moment(at), by)
        for path in anchor_files(settings, tenant_id):
            append_line(path, done.line)
        return done
