"""Both logs are found again by tenant, object, event, time and text, and hold no secret."""

from datetime import timedelta
from typing import Any

import pytest

from revops.store import Store
from revops.store.audit import Audit, AuditLine, append
from revops.store.security_log import SecurityEvent, SecurityLine, SecurityLog
from tests.revops.store.filled import AT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")


def note(
    store: Store, event: SecurityEvent, tenant: str = "acme", *, hours: int = 0, actor: str = "stripe", **detail: Any
) -> None:
    at = AT + timedelta(hours=hours)
    SecurityLog(store).append(SecurityLine(tenant, at, actor, event, address="192.0.2.7", detail=detail))


def test_a_line_comes_back_as_it_was_written(store: Store) -> None:
    note(store, "refused_signature", reason="too old", age=400)
    (line,) = SecurityLog(store).search("acme")
    assert (line.event, line.actor, line.address, line.at) == ("refused_signature", "stripe", "192.0.2.7", AT)
    assert line.detail == {"reason": "too old", "age": 400}
    assert line.sequence == 1


def test_the_search_narrows(store: Store) -> None:
    note(store, "refused_signature", reason="TOO old")
    note(store, "refused_request", hours=1, reason="100% wrong")
    note(store, "key_used", hours=2, actor="worker")
    note(store, "key_used", "rival")
    log = SecurityLog(store)

    def found(**how: Any) -> list[str]:
        return [line.event for line in log.search("acme", **how)]

    assert found() == ["key_used", "refused_request", "refused_signature"]
    assert found(limit=1) == ["key_used"]
    assert found(event="refused_request") == ["refused_request"]
    assert found(actor="worker") == ["key_used"]
    assert found(actor="work") == []
    assert found(text="too OLD") == ["refused_signature"]
    assert found(text="100%") == ["refused_request"]
    assert found(text="%") == ["refused_request"]
    assert found(text="192.0.2") == ["key_used", "refused_request", "refused_signature"]
    assert found(text="WORKER") == ["key_used"]
    hour = timedelta(hours=1)
    assert found(since=AT + hour) == ["key_used", "refused_request"]
    assert found(until=AT + hour) == ["refused_signature"]
    assert found(since=AT + hour, until=AT + 2 * hour) == ["refused_request"]


def test_no_secret_reaches_either_log(store: Store) -> None:
    detail = {
        "header": "Bearer abcdefghijkl",
        "note": "rk_live_51Secret",
        "api_key": "x",
        "nested": {"token": "y"},
    }
    note(store, "key_used", **detail)
    with store.tenant("acme") as connection:
        append(connection, [AuditLine("acme", AT, "ada", "retried", "invoice", "in_1", detail)])
    for line in (SecurityLog(store).search("acme")[0], Audit(store).read("acme")[0]):
        assert line.detail == {
            "header": "Bearer [hidden]",
            "note": "rk_[hidden]",
            "api_key": "[hidden]",
            "nested": {"token": "[hidden]"},
        }


def test_what_strangers_sent_is_kept_as_far_as_a_database_can(store: Store) -> None:
    note(store, "refused_request", path="ü\x00\ud800end", text="Zoë")
    (line,) = SecurityLog(store).search("acme", text="zoë")
    assert line.detail == {"path": "ü\x00?end", "text": "Zoë"}


def test_the_audit_is_read_by_object_newest_first(store: Store) -> None:
    with store.everyone() as connection:
        for tenant, object_id in (("acme", "leak_1"), ("acme", "leak_2"), ("rival", "leak_1"), ("acme", "leak_1")):
            append(connection, [AuditLine(tenant, AT, "worker", "leak_opened", "leak", object_id, {"at": AT})])
    audit = Audit(store)
    assert [line.object_id for line in audit.read("acme")] == ["leak_1", "leak_2", "leak_1"]
    assert [line.sequence for line in audit.read("acme", object_id="leak_1")] == [4, 1]
    assert len(audit.read("acme", limit=2)) == 2
    assert {line.tenant_id for line in audit.read("rival")} == {"rival"}


def test_a_line_is_as_lasting_as_what_it_reports(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.tenant("acme") as connection:
        append(connection, [AuditLine("acme", AT, "worker", "leak_opened", "leak", "leak_1")])
        raise ZeroDivisionError
    assert Audit(store).read("acme") == []
