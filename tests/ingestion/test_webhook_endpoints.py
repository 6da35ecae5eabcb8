"""Whether webhooks reach us, as Stripe tells of its endpoints and of events that should have come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingestion.profile import Profile
from ingestion.stripe.landing import prepare
from ingestion.stripe.webhook_endpoints import EndpointState, look, store, stored
from sandbox.stripe import Running
from tests.ingestion.landed import KEY, customer, from_api, from_export
from tests.sandbox.clients import client_for

URL = "http://127.0.0.1:9/webhooks/stripe/default"
MINUTE = 60


def endpoint(company: Running, url: str = URL, **more: Any) -> str:
    """An endpoint that the account's owner made."""
    made = client_for(company, KEY).v1.webhook_endpoints.create({"url": url, "enabled_events": ["*"], **more})
    company.webhooks.endpoints[made.id].is_enabled = False  # Nobody listens there, and nothing need be tried.
    return made.id


def now(company: Running) -> datetime:
    return datetime.fromtimestamp(company.clock.now(), UTC)


def states(company: Running, received_at: datetime | None = None, tenant_id: str = "default") -> list[EndpointState]:
    return look(from_api(company.url), tenant_id, received_at)


def happen(company: Running, *, type: str = "customer.created") -> None:
    company.emit(type, customer(company.clock.now()))


def test_an_endpoint_that_delivers_is_all_right(company: Running) -> None:
    id = endpoint(company)
    company.clock.advance(60 * MINUTE)
    happen(company)
    received_at = now(company)
    company.clock.advance(60 * MINUTE)
    (state,) = states(company, received_at)
    assert (state.state, state.endpoint_id, state.url, state.is_warning) == ("ok", id, URL, False)
    assert state.checked_at == now(company)


def test_an_endpoint_that_is_switched_off_is_a_warning(company: Running) -> None:
    id = endpoint(company)
    client_for(company, KEY).v1.webhook_endpoints.update(id, {"disabled": True})
    (state,) = states(company, now(company))
    assert (state.state, state.is_warning) == ("disabled", True)
    assert "switch it on" in state.message


def test_silence_while_there_are_events_is_a_warning_after_a_quarter_of_an_hour(company: Running) -> None:
    endpoint(company)
    received_at = now(company)
    company.clock.advance(MINUTE)
    happen(company)
    company.clock.advance(14 * MINUTE)
    assert [one.state for one in states(company, received_at)] == ["ok"]
    company.clock.advance(2 * MINUTE)
    (state,) = states(company, received_at)
    assert (state.state, state.is_warning) == ("silent", True)
    assert "signing secret" in state.message


def test_silence_while_nothing_happens_is_none(company: Running) -> None:
    endpoint(company)
    received_at = now(company)
    company.clock.advance(timedelta(days=10).total_seconds())
    assert [one.state for one in states(company, received_at)] == ["ok"]


def test_events_from_before_an_endpoint_was_made_are_not_missed(company: Running) -> None:
    happen(company)
    company.clock.advance(60 * MINUTE)
    endpoint(company)
    company.clock.advance(60 * MINUTE)
    assert [one.state for one in states(company)] == ["ok"]


def test_an_endpoint_is_only_missing_what_it_asked_for(company: Running) -> None:
    endpoint(company, enabled_events=["invoice.paid"])
    company.clock.advance(MINUTE)
    happen(company)
    company.clock.advance(60 * MINUTE)
    assert [one.state for one in states(company)] == ["ok"]
    happen(company, type="invoice.paid")
    company.clock.advance(60 * MINUTE)
    assert [one.state for one in states(company)] == ["silent"]


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}?team=billing"])
def test_an_endpoint_is_ours_by_the_end_of_its_path(company: Running, url: str) -> None:
    endpoint(company, url)
    assert [one.state for one in states(company)] == ["ok"]


@pytest.mark.parametrize("url", [URL.replace("default", "acme"), "http://127.0.0.1:9/webhooks", f"{URL}-2"])
def test_other_endpoints_are_not_ours(company: Running, url: str) -> None:
    endpoint(company, url)
    (state,) = states(company)
    assert (state.state, state.is_warning, state.endpoint_id) == ("none", False, None)


def test_events_of_a_connected_account_come_by_the_platforms_endpoint(company: Running) -> None:
    connected = company.stand_in.add_account("acct_connected")
    settings = from_api(company.url, stripe_account=connected)
    assert [one.state for one in look(settings, "acme", None)] == ["none"]
    id = endpoint(company, "http://127.0.0.1:9/webhooks/stripe", connect=True)
    company.clock.advance(MINUTE)
    happen(company)
    company.clock.advance(60 * MINUTE)
    assert [(one.state, one.endpoint_id) for one in look(settings, "acme", None)] == [("ok", id)]
    company.stand_in.emit("customer.created", customer(1), account=connected)
    company.clock.advance(60 * MINUTE)
    assert [one.state for one in look(settings, "acme", None)] == ["silent"]
    assert [one.state for one in states(company)] == ["none"], "of the platform's own events it is told nothing"


def test_without_the_permission_nothing_is_known_and_nothing_fails(company: Running) -> None:
    key = "rk_" + "live_0123456789abcdef"
    company.restrict(key, {"event_read"})
    (state,) = look(from_api(company.url, key), "default", None)
    assert (state.state, state.is_warning) == ("unknown", False)
    assert "rak_webhook_read" in state.message


def test_while_stripe_is_down_nothing_is_known_and_nothing_fails(company: Running) -> None:
    company.fail_next("/v1/webhook_endpoints", "500", times=100)
    (state,) = states(company)
    assert state.state == "unknown"


def test_an_export_has_no_endpoints(profile: Profile) -> None:
    assert look(from_export(profile.home), "default", None) == []


def test_what_was_seen_is_kept_until_the_next_look(profile: Profile, company: Running) -> None:
    prepare(profile)
    endpoint(company)
    seen = states(company, now(company))
    store(profile, seen)
    assert stored(profile) == seen
    store(profile, [])
    assert stored(profile) == []
