"""The dbt manifest that Dagster reads: built once, again only when the project's files changed.

`dbt parse` takes seconds and importing definitions happens in every run, so importing never parses a
project that has not changed: a hash over its files stands beside the manifest. `python -m
dagster_project.manifest` is what `make setup` calls.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

PROJECT_DIR = Path(__file__).resolve().parents[1] / "dbt_project"
_SUFFIXES = {".sql", ".yml", ".yaml", ".csv"}
_IGNORED = {"target", "logs", "dbt_packages"}
# Parsing renders env_var() and var() of the profile and the project but opens nothing.
_PARSE_ENV = {
    "LEAKS_WAREHOUSE": "/nonexistent/warehouse.duckdb",
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
}
PARSE_VARS = {"as_of": "2000-01-01T00:00:00Z", "full_pass": True}


class ManifestError(Exception):
    """The dbt project cannot be parsed; the text is dbt's own."""


def project_version(project_dir: Path = PROJECT_DIR) -> str:
    """Hash of the files that decide what the models do, and of the dbt that compiles them."""
    digest = hashlib.sha256()
    for path in sorted(_project_files(project_dir)):
        digest.update(str(path.relative_to(project_dir)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def manifest_path(project_dir: Path = PROJECT_DIR) -> Path:
    """Path of an up-to-date manifest.json; parses the project if it changed. Raises ManifestError."""
    target = project_dir / "target"
    if not _is_current(target, project_version(project_dir)):
        target.mkdir(parents=True, exist_ok=True)
        with _one_at_a_time(target):
            version = project_version(project_dir)
            if not _is_current(target, version):
                _parse(project_dir, target)
                (target / "manifest.version").write_text(version)
    return target / "manifest.json"


def parsed_project(project_dir: Path = PROJECT_DIR) -> Path:
    """dbt's own form of the parsed project, written together with the manifest."""
    return project_dir / "target" / "partial_parse.msgpack"


def is_current(project_dir: Path = PROJECT_DIR) -> bool:
    """Whether the manifest exists and was built from the project's files as they are."""
    return _is_current(project_dir / "target", project_version(project_dir))


@cache
def _read(path: Path, _written_ns: int) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_bytes())
    for node in content["nodes"].values():
        _place(node, content["nodes"])
    return content


def _place(node: dict[str, Any], nodes: dict[str, Any]) -> None:
    """Say at which model Dagster shows a singular test of several: the one built from most others."""
    models = [name for name in node.get("depends_on", {}).get("nodes", []) if name in nodes]
    if node["resource_type"] == "test" and "test_metadata" not in node and len(models) > 1:
        name = nodes[max(models, key=lambda model: len(nodes[model]["depends_on"].get("nodes", [])))]["name"]
        node["config"].setdefault("meta", {}).setdefault("dagster", {"ref": {"name": name}})
        node.setdefault("meta", {}).setdefault("dagster", {"ref": {"name": name}})


def read_manifest(project_dir: Path = PROJECT_DIR) -> dict[str, Any]:
    """The manifest as a dictionary, read once per process and version. Raises ManifestError."""
    path = manifest_path(project_dir)
    return _read(path, path.stat().st_mtime_ns)


def dbt_executable() -> str:
    """The dbt beside this Python, or the one on the path."""
    beside = Path(sys.executable).parent / "dbt"
    return str(beside) if beside.exists() else shutil.which("dbt") or "dbt"


def _project_files(project_dir: Path) -> Iterator[Path]:
    for path in project_dir.rglob("*"):
        if path.suffix in _SUFFIXES and not _IGNORED & set(path.relative_to(project_dir).parts):
            yield path


def _is_current(target: Path, version: str) -> bool:
    stamp = target / "manifest.version"
    return (target / "manifest.json").is_file() and stamp.is_file() and stamp.read_text() == version


@contextmanager
def _one_at_a_time(target: Path) -> Iterator[None]:
    with (target / "manifest.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _parse(project_dir: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target, prefix="parse-") as scratch:
        command = [
            *(dbt_executable(), "--no-use-colors", "--quiet", "parse", "--no-partial-parse"),
            *("--project-dir", str(project_dir), "--profiles-dir", str(project_dir)),
            *("--target-path", scratch, "--log-path", scratch, "--vars", json.dumps(PARSE_VARS)),
        ]
        done = subprocess.run(command, env={**os.environ, **_PARSE_ENV}, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ManifestError(
                f"dbt cannot parse {project_dir}:\n{(done.stdout + done.stderr).strip()}\n"
                "Correct the file it names; nothing else was changed."
            )
        for name in ("manifest.json", "partial_parse.msgpack"):
            if (Path(scratch) / name).exists():
                (Path(scratch) / name).replace(target / name)


if __name__ == "__main__":
    try:
        manifest_path()
    except ManifestError as failure:
        sys.exit(str(failure))
