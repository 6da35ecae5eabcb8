"""A company that lives in the sandbox delivers its events late, twice and out of order; each is in the inbox once."""

from __future__ import annotations

import json

from sandbox.simulator import Living, Plan
from sandbox.stripe import running
from tests.contracts.fixtures import COMPANY_NOW
from tests.revops.http.deliveries import PATH, SECRET
from tests.revops.http.serving import Service

SECONDS = 60.0


def test_every_event_of_a_company_is_stored_exactly_once(service: Service) -> None:
    plan = Plan(3, 20, int(COMPANY_NOW.timestamp()))
    with running(
        as_of=COMPANY_NOW,
        is_frozen=True,
        company=lambda stand_in: Living(plan, stand_in.account(), None),
        webhook_url=f"{service.url}{PATH}",
        webhook_secret=SECRET,
    ) as sandbox:
        before = {event["id"] for event in sandbox.stand_in.account().store.all("event")}
        sandbox.webhooks.retry_seconds = (0.0, 0.0, 0.0)
        kinds = ("late", "doubled", "reordered", "bad_signature", "old_timestamp")
        sandbox.webhooks.faults.fail_randomly(0.3, kinds, seed=5, seconds=0.05)
        sandbox.stand_in.advance(7 * 86_400)
        assert sandbox.webhooks.wait(SECONDS)
        happened = {event["id"]: event for event in sandbox.stand_in.account().store.all("event")}
        answers = {delivery.status for delivery in sandbox.webhooks.deliveries}
    rows = service.rows()
    assert len(rows) == len({event_id for _, event_id, _ in rows}) > 20
    assert {event_id for _, event_id, _ in rows} == set(happened) - before
    assert all(json.loads(body) == happened[event_id] for _, event_id, body in rows)
    assert answers == {200, 400}
    assert service.metric("leaks_webhook_events_total", result="duplicate") > 0
