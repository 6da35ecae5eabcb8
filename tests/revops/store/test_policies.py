"""Each change of a policy is a version with its author; what says the same is none."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from revops.domain.policy_version import PolicyVersion
from revops.policy import PolicyError, load_policy
from revops.service.import_policy import import_policy
from revops.store import Store
from revops.store.audit import Audit
from revops.store.policies import Policies, PolicyVersionError
from revops.store.security_log import SecurityLog
from revops.store.tenants import TenantError, Tenants
from tests.revops.store.filled import AT

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

LATER = AT + timedelta(days=1)


@pytest.fixture
def policies(store: Store) -> Policies:
    """With the tenants default and acme."""
    Tenants(store).add("acme", None, actor="ada", at=AT)
    return Policies(store)


def import_text(policies: Policies, text: str, at: object = AT, tenant: str = "acme") -> tuple[PolicyVersion, bool]:
    return import_policy(
        policies,
        text,
        source="rules.yml",
        leak_types={"unpaid_invoice": ()},
        author="ada",
        at=at,  # type: ignore[arg-type]
        tenant_id=tenant,
    )


def test_a_document_becomes_a_version_from_now_on(store: Store, policies: Policies) -> None:
    version, is_new = import_text(policies, "standard_trial_days: 30\n")
    assert is_new
    expected = load_policy(None, text="standard_trial_days: 30").version
    assert version == PolicyVersion("acme", 1, expected, "standard_trial_days: 30\n", AT, "ada", AT)
    assert policies.read("acme") == [version]
    assert [line.event for line in SecurityLog(store).search("acme")] == ["policy_changed", "tenant_added"]
    assert [line.object_id for line in Audit(store).read("acme")] == ["1"]


@pytest.mark.parametrize(
    "same", ["standard_trial_days: 30", "# a comment\nstandard_trial_days:   30\nreporting_currency: usd\n"]
)
def test_what_says_the_same_makes_no_version(store: Store, policies: Policies, same: str) -> None:
    import_text(policies, "standard_trial_days: 30\n")
    version, is_new = import_text(policies, same, LATER)
    assert (version.number, is_new) == (1, False)
    assert len(Audit(store).read("acme")) == 1


def test_going_back_is_a_version_again(policies: Policies) -> None:
    for days, at in ((30, AT), (14, LATER), (30, LATER + timedelta(days=1))):
        import_text(policies, f"standard_trial_days: {days}", at)
    assert [version.number for version in policies.read("acme")] == [1, 2, 3]
    first, _, third = policies.read("acme")
    assert first.policy_version == third.policy_version


def test_the_version_that_had_begun_holds(policies: Policies) -> None:
    import_text(policies, "standard_trial_days: 30")
    import_text(policies, "standard_trial_days: 7", LATER)
    for moment, number in ((AT, 1), (LATER - timedelta(seconds=1), 1), (LATER, 2)):
        current = policies.current("acme", moment)
        assert current is not None
        assert current.number == number
    assert policies.current("acme", AT - timedelta(seconds=1)) is None


def test_a_clock_that_was_set_back_does_not_reorder_versions(policies: Policies) -> None:
    import_text(policies, "standard_trial_days: 30", LATER)
    version, _ = import_text(policies, "standard_trial_days: 7", AT)
    assert (version.valid_from, version.created_at) == (LATER, AT)
    assert policies.current("acme", LATER) == version


def test_a_wrong_document_is_refused_with_its_line_and_stored_nowhere(policies: Policies) -> None:
    with pytest.raises(PolicyError, match=r"rules.yml, line 2: unknown key standard_trail_days\. Did you mean"):
        import_text(policies, "reporting_currency: usd\nstandard_trail_days: 3\n")
    with pytest.raises(PolicyError, match=r'rules.yml, line 2: .* "unpaid_invioce", which is no leak type'):
        import_text(policies, "exemptions:\n  - leak_type: unpaid_invioce\n    customer: x\n    reason: y\n")
    assert policies.read("acme") == []


def test_policies_are_each_tenants_own(policies: Policies) -> None:
    import_text(policies, "standard_trial_days: 30")
    import_text(policies, "standard_trial_days: 7", tenant="default")
    assert [version.document for version in policies.read("default")] == ["standard_trial_days: 7"]
    assert policies.get("acme", 1).document == "standard_trial_days: 30"


def test_a_version_or_tenant_that_is_not_there_says_what_is(policies: Policies) -> None:
    with pytest.raises(PolicyVersionError, match="leaks policy import FILE"):
        policies.get("acme", 1)
    import_text(policies, "standard_trial_days: 30")
    with pytest.raises(PolicyVersionError, match=r"no version 2\. Known: 1\."):
        policies.get("acme", 2)
    with pytest.raises(TenantError, match="leaks tenants add"):
        import_text(policies, "", tenant="nobody")


def test_two_imports_at_once_make_two_numbers(policies: Policies) -> None:
    texts = [f"standard_trial_days: {days}" for days in range(1, 5)]
    threads = [threading.Thread(target=import_text, args=(policies, text)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [version.number for version in policies.read("acme")] == [1, 2, 3, 4]


def test_a_text_is_read_as_a_file_is(tmp_path: Path) -> None:
    text = "standard_trial_days: 30\n"
    (tmp_path / "policy.yml").write_text(text)
    assert load_policy(None, text=text) == load_policy(tmp_path / "policy.yml")
    with pytest.raises(PolicyError, match=r"^policy, line 1: standard_trial_days is -1"):
        load_policy(None, text="standard_trial_days: -1")
