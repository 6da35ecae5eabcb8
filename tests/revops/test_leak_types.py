"""A leak type is one complete folder."""

from pathlib import Path

import pytest

from revops.leak_types import LeakTypeError, read_leak_types

META = """\
models:
  - name: leaks__lost_key
    config:
      meta: {title: Lost keys, requires: [invoice]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    leak = tmp_path / "failed_charges" / "lost_key"
    leak.mkdir(parents=True)
    (leak / "leaks__lost_key.sql").write_text("select 1")
    (leak / "leaks__lost_key.yml").write_text(META)
    (leak / "playbook.md").write_text("# Lost keys")
    return leak


def test_a_folder_gives_type_family_title_and_what_it_requires(folder: Path) -> None:
    (found,) = read_leak_types(folder.parents[1])
    assert (found.leak_type, found.family, found.title) == ("lost_key", "failed_charges", "Lost keys")
    assert found.requires == ("invoice",)


@pytest.mark.parametrize("file", ["leaks__lost_key.sql", "leaks__lost_key.yml", "playbook.md"])
def test_an_incomplete_folder_is_refused_by_the_name_of_the_missing_file(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(LeakTypeError, match=file):
        read_leak_types(folder.parents[1])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: [", "cannot be read as YAML"),
        ("models: []", "describes no model named leaks__lost_key"),
        (META.replace("title: Lost keys, ", ""), "needs title"),
        (META.replace("title:", "family: pricing, title:"), "meta.family is pricing"),
    ],
)
def test_a_wrong_description_is_refused_by_the_name_of_its_file(folder: Path, text: str, said: str) -> None:
    (folder / "leaks__lost_key.yml").write_text(text)
    with pytest.raises(LeakTypeError, match=rf"leaks__lost_key\.yml: .*{said}"):
        read_leak_types(folder.parents[1])


def test_a_family_nobody_knows_is_refused(folder: Path) -> None:
    folder.parent.rename(folder.parents[1] / "other")
    with pytest.raises(LeakTypeError, match="unknown family other; allowed: failed_charges"):
        read_leak_types(folder.parents[1])


def test_the_projects_own_leak_types_are_complete() -> None:
    assert "unpaid_invoice" in {leak.leak_type for leak in read_leak_types()}
