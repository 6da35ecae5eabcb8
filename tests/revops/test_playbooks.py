"""Playbooks are read by their headings."""

from pathlib import Path

import pytest

from revops.leak_types import LeakTypeError, read_leak_types
from revops.playbooks import read_playbook


@pytest.mark.parametrize("leak_type", [leak.leak_type for leak in read_leak_types()])
def test_every_playbook_says_how_to_check_what_to_do_and_what_never(leak_type: str) -> None:
    sections = read_playbook(leak_type)
    assert all(sections[heading] for heading in ("How to check", "What to do", "False positives", "Never"))


def test_headings_keep_their_order_and_text(tmp_path: Path) -> None:
    folder = tmp_path / "family" / "some_leak"
    folder.mkdir(parents=True)
    (folder / "playbook.md").write_text(
        "# Some leak\n\n## One\n1. a\n2. b\n\n## Two\n### Deeper\nc\n", encoding="utf-8"
    )
    assert read_playbook("some_leak", tmp_path) == {"One": "1. a\n2. b", "Two": "### Deeper\nc"}


@pytest.mark.parametrize("name", ["unknown", "../unpaid_invoice", "*"])
def test_a_leak_type_without_a_playbook_is_an_error(name: str) -> None:
    with pytest.raises(LeakTypeError, match=r"no playbook\.md"):
        read_playbook(name)
