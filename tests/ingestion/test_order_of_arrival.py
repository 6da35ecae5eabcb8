"""Whatever arrives late, twice or out of order, the newest version is the right one."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.profile import Profile
from tests.ingestion.landed import event, from_export, invoice, land, newest, write_lines

BASE = 1_700_000_000
STATES = st.sampled_from(["draft", "open", "paid", "void"])


def _state(status: str) -> dict[str, object]:
    return invoice(1, status=status)


@given(
    history=st.lists(STATES, min_size=1, max_size=5),
    order=st.randoms(use_true_random=False),
    reads=st.sets(st.integers(0, 5), max_size=3),
)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_and_repetition_of_events_and_reads_ends_at_the_last_state(
    history: list[str], order: object, reads: set[int]
) -> None:
    """The account's state changes at BASE + 10 * n; a read at BASE + 10 * n + 5 sees the state then."""
    events = [event(n, BASE + 10 * n, "invoice.updated", _state(s)) for n, s in enumerate(history)]
    with tempfile.TemporaryDirectory() as folder:
        profile = Profile(Path(folder) / "home")
        batches = [*events, *events[:1]]
        order.shuffle(batches)  # type: ignore[attr-defined]
        read_at = sorted(n for n in reads if n < len(history))
        for number, one in enumerate(batches):
            export = Path(folder) / f"{number}"
            write_lines(export / "event.jsonl", [one])
            if number < len(read_at):
                write_lines(export / "invoice.jsonl", [_state(history[read_at[number]])])
            moment = BASE + 10 * read_at[number] + 5 if number < len(read_at) else BASE + 1000
            land(profile, from_export(export, stripe_export_at=datetime.fromtimestamp(moment, UTC)))
        assert newest(profile, "invoice")["in_1"]["status"] == history[-1]


def test_a_late_event_does_not_beat_a_read_that_had_confirmed_an_older_state(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "home")
    write_lines(tmp_path / "a/event.jsonl", [event(1, BASE + 1, "invoice.updated", _state("open"))])
    write_lines(tmp_path / "a/invoice.jsonl", [_state("open")])
    land(profile, from_export(tmp_path / "a", stripe_export_at=datetime.fromtimestamp(BASE + 3, UTC)))
    write_lines(tmp_path / "b/event.jsonl", [event(2, BASE + 2, "invoice.updated", _state("draft"))])
    land(profile, from_export(tmp_path / "b", stripe_export_at=datetime.fromtimestamp(BASE + 4, UTC)))
    assert newest(profile, "invoice")["in_1"]["status"] == "open"
