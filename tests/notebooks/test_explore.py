"""The notebook runs from top to bottom: over a published warehouse, and from a clean clone over one it builds."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.streamlit_app.published_account import Account, typical

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "explore.ipynb"

# The kernel talks to this process over loopback; nothing else is asked to encrypt that.
pytestmark = [
    pytest.mark.xdist_group("notebook"),
    pytest.mark.filterwarnings("ignore:Kernel is running over TCP without encryption"),
]


def _run(folder: Path) -> dict[str, str]:
    """What each cell shows, as text, by the cell's id."""
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=400, resources={"metadata": {"path": str(folder)}}).execute()
    return {
        cell["id"]: " ".join(str(output.get("data", output)) for output in cell["outputs"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    }


def test_no_output_is_stored() -> None:
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) > 8
    assert [cell["id"] for cell in cells if cell["outputs"] or cell["execution_count"]] == []


def test_it_shows_what_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKS_HOME", str(tmp_path / "home"))
    typical().publish(tmp_path / "home")
    shown = _run(tmp_path)
    assert "as of 2026-10-01 00:00 UTC" in shown["open"]
    assert "EUR 2,400.00" in shown["currency"]
    assert "Kestrel Robotics" in shown["customers"]
    assert "KWD 412.500" in shown["trend"]
    assert "insufficient_funds" in shown["declines"]


def test_it_runs_where_nothing_leaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKS_HOME", str(tmp_path / "home"))
    Account().publish(tmp_path / "home")
    assert "unpaid_invoice" in _run(tmp_path)["coverage"]


@pytest.mark.pipeline
def test_from_a_clean_clone_it_builds_its_own_company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKS_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    shown = _run(tmp_path)
    assert "unpaid_invoice" in shown["types"]
    assert not (tmp_path / "nothing").exists()
