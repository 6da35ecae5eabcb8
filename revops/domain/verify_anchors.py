"""Whether a chain of decision records is still the one that was anchored outside of its table."""

from collections.abc import Collection, Mapping

from revops.domain.decision_record import is_signed, key_id_of
from revops.domain.kept_records import Anchor, Anchors
from revops.domain.record_faults import Fault, FaultKind


def contradicted(
    tenant_id: str, hashes: Mapping[int, str], key_ids: Collection[str], ends_with: int | None, anchors: Anchors
) -> Fault | None:
    """The first record that an anchor contradicts.

    `hashes` are those of the records that are right by themselves, `key_ids` the keys that signed them. `ends_with` is
    the last number of the whole log; None where it goes wrong by itself, and so nobody can say where it ends.
    """
    agreed = 0
    for anchor in sorted(anchors.anchors, key=lambda one: one.number):
        if not _is_whole(anchor, tenant_id):
            sentence = "the anchor of it was changed: it is not signed by the key that it names."
            return Fault(anchor.number, "flip", sentence, is_told_by_anchor=True)
        ours = hashes.get(anchor.number)
        if ours == anchor.hash:
            agreed = anchor.number
        elif ours is not None:
            return _rewritten(anchor, agreed, key_ids)
        elif ends_with is not None and anchor.number > ends_with:
            return _cut(ends_with, anchors)
    return None


def _rewritten(anchor: Anchor, agreed: int, key_ids: Collection[str]) -> Fault:
    kind: FaultKind = "fork" if anchor.key_id in key_ids else "re-sign"
    sentence = f"another one was anchored on {anchor.at}. Everything after record {agreed} may have been written anew."
    return Fault(anchor.number, kind, sentence, is_told_by_anchor=True)


def _cut(ends_with: int, anchors: Anchors) -> Fault:
    newest = max(one.number for one in anchors.anchors)
    sentence = (
        f"the log ends with {ends_with}, and {newest} records were anchored: the newest are gone. A restored "
        "backup looks the same."
    )
    return Fault(ends_with + 1, "cut", sentence, is_told_by_anchor=True)


def _is_whole(anchor: Anchor, tenant_id: str) -> bool:
    return (
        anchor.tenant_id == tenant_id
        and key_id_of(anchor.key) == anchor.key_id
        and is_signed(anchor.hash, anchor.signature, anchor.key)
    )
