"""`leaks demo` runs the real pipeline against a stand-in for Stripe and leaves nothing behind."""

from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import Leaks


def children_of(home: Path) -> list[str]:
    lines = []
    for process in psutil.process_iter(["cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(home) in line:
            lines.append(line)
    return lines


def test_a_folder_that_is_no_demo_is_left_alone(leaks: Leaks, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    done = leaks("demo", "--no-serve", "--home", "mine")
    assert done.returncode == 2
    assert "choose another --home" in done.stderr
    assert (tmp_path / "mine" / "thesis.txt").exists()


@pytest.mark.pipeline
@pytest.mark.xdist_group("leaks_demo")
def test_without_serving_it_prints_what_leaks_and_ends_with_its_children(leaks: Leaks, tmp_path: Path) -> None:
    # What is set up for a real account is neither read nor changed.
    (tmp_path / ".env").write_text("STRIPE_EXPORT=/nowhere\nLEAKS_POLICY=/nowhere.yml\n")
    done = leaks("demo", "--no-serve", "--home", "demo", STRIPE_MODE="test")
    assert done.returncode == 0, done.stderr
    assert "What leaks" in done.stdout
    assert "Unpaid invoices" in done.stdout
    assert "Traceback" not in done.stderr
    assert "sk_live_" not in done.stdout + done.stderr
    assert children_of(tmp_path / "demo") == []
