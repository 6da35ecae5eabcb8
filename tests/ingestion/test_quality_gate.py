"""The gate as a run meets it: what it takes back, what it keeps, what it imports, and how a broken check shows."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from ingestion import quality
from ingestion.errors import QualityCheckError, QualityError
from ingestion.profile import Profile
from ingestion.quality import facts, loads
from ingestion.quality.expectations import Judge
from ingestion.quality.questions import Between, Fact, OneOf, Question
from tests.ingestion.landed import from_export, land, quarantine, rows, states, version_count
from tests.ingestion.quality_home import NOW, SECOND, answer, arrive, ids, owned, pass_gate, smuggle, sound

WITH_CHECK = """
import json, sys
from pathlib import Path
from ingestion import quality
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from ingestion.stripe.landing import load

profile = Profile(Path(sys.argv[1]))
with writer_lock(profile):
    quality.remember(profile)
    load(profile, settings=StripeSettings(_env_file=None, stripe_export=Path(sys.argv[2])))
    report = quality.check(profile)
print(json.dumps({"is_new": report.is_new, "results": len(report.results),
    "imported": "great_expectations" in sys.modules}))
"""


def test_great_expectations_is_imported_only_where_something_landed(profile: Profile, tmp_path: Path) -> None:
    folder = sound(tmp_path / "export")
    home = tmp_path / "person"
    home.mkdir()
    told = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", WITH_CHECK, str(profile.home), str(folder)],
            capture_output=True,
            text=True,
            check=True,
            cwd=tmp_path,
            env={"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert done.stderr == ""
        told.append(json.loads(done.stdout))
    assert [one["imported"] for one in told] == [True, False]
    assert [one["is_new"] for one in told] == [True, False]
    assert told[0]["results"] == told[1]["results"] > 0
    assert list(home.iterdir()) == []


def test_acme_200_passes(profile: Profile, acme_200: Path) -> None:
    quality.remember(profile)
    land(profile, from_export(acme_200))
    report = quality.check(profile)
    assert [result.line for result in report.failed] == [
        "warning: integration: 112 of 15076 objects are test-mode objects; expected only live-mode objects"
    ]
    assert report.quarantined == 0


def test_a_stopped_landing_is_taken_back_and_can_be_accepted_by_a_person(profile: Profile, tmp_path: Path) -> None:
    pass_gate(profile, sound(tmp_path / "ours"))
    before = version_count(profile), states(profile), rows(profile, "select * from stripe.integration")
    theirs = sound(tmp_path / "theirs", range(1000, 1030))
    with pytest.raises(QualityError, match="--accept") as stopped:
        pass_gate(profile, theirs, at=NOW + timedelta(days=1))
    assert (version_count(profile), states(profile), rows(profile, "select * from stripe.integration")) == before
    assert [result.expectation for result in stopped.value.report.critical] == ["account_is_familiar"]
    assert answer(quality.stored(profile), "ids_are_present", "customer").is_passed

    arrive(profile, theirs, at=NOW + timedelta(days=1))
    report = quality.check(profile, is_accepted=True)
    assert [result.expectation for result in report.critical] == ["account_is_familiar"]
    assert len(ids(profile, "customer")) == 60
    assert not quality.check(profile).is_new


def test_what_a_killed_run_left_unchecked_is_checked_by_the_next(profile: Profile, tmp_path: Path) -> None:
    folder = sound(tmp_path / "export")
    arrive(profile, folder)
    smuggle(profile, "invoice", [{"id": "in_x", "payload": owned(1, currency="xxq")}])
    report = pass_gate(profile, folder)
    assert report.is_new
    assert report.quarantined == 1
    assert not pass_gate(profile, folder).is_new


def test_a_home_from_before_the_gate_is_taken_as_it_is(profile: Profile, tmp_path: Path) -> None:
    folder = sound(tmp_path / "export")
    land(profile, from_export(folder, stripe_export_at=NOW))
    smuggle(profile, "invoice", [{"id": "in_x", "payload": owned(1, currency="xxq")}])
    quality.remember(profile)
    assert not quality.check(profile).is_new
    assert quarantine(profile) == []


def test_only_what_is_new_is_looked_at(profile: Profile, tmp_path: Path) -> None:
    pass_gate(profile, sound(tmp_path / "export"))
    report = pass_gate(profile, sound(tmp_path / "export", range(32)), at=NOW + timedelta(hours=1))
    assert answer(report, "ids_are_present", "invoice").observed == "all of 2 rows"


def test_an_exception_inside_a_check_is_an_error_with_its_name_and_what_landed_is_kept(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(profile, sound(tmp_path / "export"))
    broken = Question("breaks", "warning", Between(high=1), "a number", [Fact("invoice", "no number")])
    with monkeypatch.context() as patched:
        patched.setattr(loads, "clocks", lambda *_: [broken])
        with pytest.raises(QualityCheckError, match="invoice: breaks could not be checked") as caught:
            quality.check(profile)
    assert caught.value.report is not None
    (result,) = caught.value.report.errors
    assert result.error
    assert caught.value.report.critical == ()
    assert len(ids(profile, "invoice")) == 30
    assert quality.check(profile).is_new


def test_a_check_whose_facts_cannot_be_gathered_names_its_table(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(profile, sound(tmp_path / "export"))
    wrong = facts.rows.RowCheck("wrong", "anything", lambda _: "no_such_column", is_of_payload=False)
    monkeypatch.setattr(facts.rows, "CHECKS", (wrong,))
    with pytest.raises(QualityCheckError, match=r"the checks of invoice broke.*no_such_column"):
        quality.check(profile)


def test_great_expectations_names_exactly_what_is_not_as_wanted() -> None:
    found = [Fact("invoice", "usd", 5), Fact("charge", "xxq", 2, ("ch_1",)), Fact("refund", "eur", 1)]
    asked = Question("currencies", "critical", OneOf(("usd", "eur")), "a currency", found)
    inside = Question("range", "critical", Between(1, 2), "1 to 2", [Fact("a", 1), Fact("b", 2), Fact("c", SECOND)])
    with Judge() as judge:
        first, second = judge.answer([asked, Question("none", "critical", OneOf(()), "nothing"), inside])
    assert first.unexpected == (found[1],)
    assert [fact.resource for fact in second.unexpected] == ["c"]
