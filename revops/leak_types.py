"""What leak types there are: a strict reader of `dbt_project/models/leaks/<family>/<leak_type>/`.

A leak type is one folder with `leaks__<leak_type>.sql`, `.yml` and `playbook.md`. Its model's `meta`
says what people and other code need:

    models:
      - name: leaks__unpaid_invoice
        config:
          meta: {title: Unpaid invoices, requires: [invoice, charge]}
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from revops.domain.playbook import Playbook
from revops.errors import RevopsError
from revops.playbook_meta import PlaybookMeta

LEAKS_FOLDER = Path(__file__).resolve().parents[1] / "dbt_project" / "models" / "leaks"

FAMILIES = (
    "failed_charges",
    "coupon_misuse",
    "forever_trials",
    "quiet_churn",
    "unbilled_usage",
    "pricing",
    "billing_mechanics",
    "money_out",
    "entitlement",
    "churn_risk",
)


class LeakTypeError(RevopsError):
    """A leak type's folder is not complete; the text names the file and what is missing."""


class LeakType(BaseModel):
    """One precise way to leak, as its folder declares it."""

    model_config = ConfigDict(frozen=True)

    leak_type: str
    family: str
    title: Annotated[str, Field(min_length=1)]
    requires: tuple[str, ...] = ()
    playbook: Playbook | None = None


def read_leak_types(folder: Path = LEAKS_FOLDER) -> list[LeakType]:
    """Every leak type under `folder`, in order of family and name. Raises LeakTypeError."""
    if not folder.is_dir():
        raise LeakTypeError(f"{folder}: no such folder; leak types are read from the dbt project.")
    found = [
        _read(leak_folder)
        for family_folder in sorted(folder.iterdir())
        if family_folder.is_dir()
        for leak_folder in sorted(family_folder.iterdir())
        if leak_folder.is_dir()
    ]
    names = [leak.leak_type for leak in found]
    for leak in found:
        if names.count(leak.leak_type) > 1:
            raise LeakTypeError(f"{folder}: the leak type {leak.leak_type} exists twice; rename one folder.")
    return found


def steps_by_leak_type(folder: Path = LEAKS_FOLDER) -> dict[str, frozenset[str]]:
    """The leak types with the names of their playbooks' steps: all that a policy may name. Raises LeakTypeError."""
    return {
        leak.leak_type: frozenset(step.name for step in leak.playbook.steps) if leak.playbook else frozenset()
        for leak in read_leak_types(folder)
    }


def _read(folder: Path) -> LeakType:
    family, name = folder.parent.name, folder.name
    if family not in FAMILIES:
        raise LeakTypeError(f"{folder}: unknown family {family}; allowed: {', '.join(FAMILIES)}.")
    for file in (f"leaks__{name}.sql", f"leaks__{name}.yml", "playbook.md"):
        if not (folder / file).is_file():
            raise LeakTypeError(f"{folder / file}: missing; a leak type is its SQL, YAML and playbook.")
    file_path = folder / f"leaks__{name}.yml"
    meta = _meta(file_path, f"leaks__{name}")
    try:
        return LeakType(
            leak_type=name,
            family=family,
            title=meta.get("title", ""),
            requires=tuple(meta.get("requires", ())),
            playbook=PlaybookMeta.model_validate(meta["playbook"]).of(name) if "playbook" in meta else None,
        )
    except (ValidationError, TypeError) as error:
        raise LeakTypeError(
            f"{file_path}: meta of leaks__{name} needs title (text) and requires (a list of resources); "
            f"its playbook steps with kind and why. {_first(error)}"
        ) from error


def _first(error: Exception) -> str:
    """What pydantic says first, and where."""
    if not isinstance(error, ValidationError):
        return str(error)
    problem = error.errors()[0]
    return f"{'.'.join(str(one) for one in problem['loc'])}: {problem['msg']}."


@cache
def _parsed(path: Path, _written_ns: int) -> Any:
    """A file with its unit tests takes half a second to parse; a run asks several times."""
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def _meta(path: Path, model_name: str) -> dict[str, Any]:
    try:
        document = _parsed(path, path.stat().st_mtime_ns)
    except (YAMLError, OSError, UnicodeDecodeError) as error:
        raise LeakTypeError(f"{path}: cannot be read as YAML: {error}") from error
    models = document.get("models", []) if isinstance(document, dict) else []
    for model in models:
        if isinstance(model, dict) and model.get("name") == model_name:
            config = model.get("config") or {}
            meta = {**(model.get("meta") or {}), **(config.get("meta") or {})}
            declared = meta.get("family")
            if declared is not None and declared != path.parent.parent.name:
                raise LeakTypeError(f"{path}: meta.family is {declared}, its folder says otherwise.")
            return meta
    raise LeakTypeError(f"{path}: describes no model named {model_name}.")
