"""Settings come from the environment and `.env`, and every one of them is documented."""

from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from ingestion.settings import HomeSettings, ProductUsageSettings, StripeSettings
from revops.settings import Settings, SettingsError, load_settings

ROOT = Path(__file__).resolve().parents[2]
CLASSES: tuple[type[BaseSettings], ...] = (Settings, HomeSettings, StripeSettings, ProductUsageSettings)
NAMES = sorted({name.upper() for model in CLASSES for name in model.model_fields})


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_in_the_example_and_in_the_readme(name: str) -> None:
    example = (ROOT / ".env.example").read_text()
    assert f"\n{name}=" in example, f"{name} is not in .env.example"
    assert name in (ROOT / "README.md").read_text(), f"{name} is not in README.md"


def test_the_example_names_no_setting_that_does_not_exist() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert {line.partition("=")[0] for line in lines if "=" in line and line[:1] != "#"} == set(NAMES)


def test_the_example_as_it_is_gives_the_defaults(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text((ROOT / ".env.example").read_text())
    from_example = [model() for model in CLASSES]
    (tmp_path / ".env").unlink()
    assert from_example == [model() for model in CLASSES]


def test_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("LEAKS_HOME=/from/file\nLEAKS_POLICY=rules.yml\n")
    assert load_settings().leaks_home == Path("/from/file")
    monkeypatch.setenv("LEAKS_HOME", "/from/environment")
    assert load_settings().leaks_home == Path("/from/environment")
    assert load_settings().leaks_policy == Path("rules.yml")


def test_a_value_that_cannot_be_used_names_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKS_DEBUG", "perhaps")
    with pytest.raises(SettingsError, match="LEAKS_DEBUG"):
        load_settings()
