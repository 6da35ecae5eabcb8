"""The README is true: what the code has is in it, and what it names is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer
from ruamel.yaml import YAML

from cli.app import app
from ingestion.settings import HomeSettings, ProductUsageSettings, StripeSettings
from revops.policy import Policy, load_policy
from revops.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODELS = (Settings, HomeSettings, StripeSettings, ProductUsageSettings)
SETTINGS = sorted({name.upper() for model in MODELS for name in model.model_fields})


def _verbs(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
    for name, child in (children or {}).items():
        yield from _verbs(child, f"{path} {name}")


VERBS = dict(_verbs(typer.main.get_command(app), "leaks"))


def _section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_every_option_is_in_the_readme(verb: str) -> None:
    row = next((line for line in _section("The command `leaks`").splitlines() if line.startswith(f"| `{verb}")), None)
    assert row, f"{verb} has no row"
    for parameter in VERBS[verb].params:
        if isinstance(parameter, click.Option) or parameter.param_type_name == "option":
            named = (*parameter.opts, *parameter.secondary_opts)
            assert any(re.search(rf"{name}\b", row) for name in named), f"{verb} has {named}"


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_in_the_readme_and_in_the_example(name: str) -> None:
    assert f"| `{name}` |" in _section("Settings")
    assert f"\n{name}=" in (ROOT / ".env.example").read_text(encoding="utf-8")


def test_the_readme_names_no_setting_that_is_not_read() -> None:
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", _section("Settings"), re.MULTILINE)) == SETTINGS


def test_every_permission_of_a_restricted_key_is_in_the_readme() -> None:
    text = (ROOT / "ingestion" / "stripe" / "permissions.yml").read_text(encoding="utf-8")
    table = _section("Your own account")
    for resource, needed in YAML(typ="safe").load(text).items():
        group, row = needed["dashboard"].split(" (")[0].split(" > ")
        line = next(line for line in table.splitlines() if line.strip().startswith(f"| {group} |"))
        assert row in line, resource


def test_every_path_in_the_map_exists() -> None:
    cells = [line.split("|")[1] for line in _section("Map").splitlines() if line.startswith("| `")]
    paths = [path for cell in cells for path in re.findall(r"`([^`]+)`", cell)]
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_map_leaves_no_folder_out() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"dbt_project", "tests"}
    assert {name for name in packages if f"`{name}/" not in _section("Map")} == set()


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_every_published_table_is_in_the_readme_and_no_other() -> None:
    models = [
        model
        for file in (ROOT / "dbt_project" / "models").rglob("*.yml")
        for model in YAML(typ="safe").load(file.read_text(encoding="utf-8")).get("models", [])
    ]
    public = {m["name"] for m in models if ((m.get("config") or {}).get("meta") or m.get("meta") or {}).get("public")}
    cells = [line.split("|")[1] for line in _section("The published warehouse").splitlines() if line.startswith("| `")]
    assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == public


def test_the_policy_shown_is_valid_and_names_every_key(tmp_path: Path) -> None:
    shown = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert shown
    file = tmp_path / "policy.yml"
    file.write_text(shown[1], encoding="utf-8")
    load_policy(file)
    assert set(YAML(typ="safe").load(shown[1])) == set(Policy.model_fields)
