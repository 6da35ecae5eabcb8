"""`leaks policy` keeps versions with their authors, and refuses what cannot be read."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Leaks


@pytest.fixture
def where(tmp_path: Path) -> dict[str, str]:
    """A home without a store."""
    return {"LEAKS_HOME": str(tmp_path / "home")}


def write(folder: Path, text: str) -> str:
    (folder / "rules.yml").write_text(text)
    return str(folder / "rules.yml")


def test_a_policy_is_imported_shown_and_compared(leaks: Leaks, where: dict[str, str], tmp_path: Path) -> None:
    none = leaks("policy", "show", **where)
    assert (none.returncode, none.stdout) == (0, "# No policy was imported: the defaults hold.\n")
    first = leaks("policy", "import", write(tmp_path, "standard_trial_days: 30\n"), "--author", "ada", **where)
    assert first.stdout.startswith("Version 1 holds from 20")
    file = write(tmp_path, "# Since July\nstandard_trial_days: 7\n")
    assert leaks("policy", "import", file, "--author", "bob", **where).stdout.startswith("Version 2")
    assert leaks("policy", "import", file, **where).stdout == "Nothing new: version 2 says the same.\n"
    assert leaks("policy", "show", **where).stdout == "# Since July\nstandard_trial_days: 7\n"
    assert leaks("policy", "show", "--number", "1", **where).stdout == "standard_trial_days: 30\n"
    diff = leaks("policy", "diff", **where).stdout.splitlines()
    assert [line for line in diff if line[0] in "+-"][2:] == [
        "-standard_trial_days: 30",
        "+# Since July",
        "+standard_trial_days: 7",
    ]
    assert "version 1, ada" in diff[0]
    assert "version 2, bob" in diff[1]
    assert leaks("policy", "diff", "2", "2", **where).stdout == ""
    assert "-standard_trial_days: 7" in leaks("policy", "diff", "2", "1", **where).stdout


def test_versions_are_listed_for_programs(leaks: Leaks, where: dict[str, str], tmp_path: Path) -> None:
    leaks("policy", "import", write(tmp_path, "standard_trial_days: 30\n"), "--author", "ada", **where)
    (row,) = json.loads(leaks("policy", "show", "--all", "--format", "json", **where).stdout)
    assert (row["number"], row["author"], len(row["policy_version"])) == (1, "ada", 16)
    one = json.loads(leaks("policy", "show", "--format", "json", **where).stdout)
    assert one == row | {"document": "standard_trial_days: 30\n"}


def test_a_wrong_policy_is_refused_with_its_line(leaks: Leaks, where: dict[str, str], tmp_path: Path) -> None:
    done = leaks("policy", "import", write(tmp_path, "reporting_currency: usd\nretrys: {}\n"), **where)
    assert (done.returncode, done.stdout) == (2, "")
    assert "rules.yml, line 2: unknown key retrys. Did you mean" in done.stderr
    kinds = "exemptions:\n  - {leak_type: unpaid_invoces, customer: x, reason: y}\n"
    done = leaks("policy", "import", write(tmp_path, kinds), **where)
    assert 'Did you mean "unpaid_invoice"?' in done.stderr
    assert json.loads(leaks("policy", "show", "--all", "--format", "json", **where).stdout) == []


def test_a_file_version_or_tenant_that_is_not_there_is_bad_input(
    leaks: Leaks, where: dict[str, str], tmp_path: Path
) -> None:
    file = write(tmp_path, "standard_trial_days: 30\n")
    for arguments, words in (
        (("import", str(tmp_path / "absent.yml")), "no such file"),
        (("import", file, "--tenant", "nobody"), "There is no tenant nobody"),
        (("show", "--number", "4"), "leaks policy import FILE"),
        (("diff",), "leaks policy import FILE"),
    ):
        done = leaks("policy", *arguments, **where)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert words in done.stderr


def test_each_tenant_has_its_own(leaks: Leaks, where: dict[str, str], tmp_path: Path) -> None:
    leaks("tenants", "add", "acme", **where)
    leaks("policy", "import", write(tmp_path, "standard_trial_days: 30\n"), "--tenant", "acme", **where)
    assert "defaults hold" in leaks("policy", "show", **where).stdout
    assert "30" in leaks("policy", "show", "--tenant", "acme", **where).stdout
