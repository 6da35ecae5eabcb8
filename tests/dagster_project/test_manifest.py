"""The manifest is built when the project's files changed, and never otherwise."""

from pathlib import Path

import pytest

from dagster_project.manifest import ManifestError, is_current, manifest_path, project_version, read_manifest

PROJECT = """\
name: tiny
version: 1.0.0
profile: tiny
flags: {send_anonymous_usage_stats: false}
"""
PROFILE = """\
tiny:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('LEAKS_WAREHOUSE') }}"}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "profiles.yml").write_text(PROFILE)
    (tmp_path / "models" / "one.sql").write_text("select 1 as a")
    (tmp_path / "models" / "two.sql").write_text("select * from {{ ref('one') }}")
    (tmp_path / "tests" / "both.sql").write_text(
        "select 1 from {{ ref('one') }} join {{ ref('two') }} using (a) where false"
    )
    return tmp_path


def test_the_version_follows_the_files_that_decide_and_no_others(project: Path) -> None:
    before = project_version(project)
    (project / "target").mkdir()
    (project / "target" / "manifest.json").write_text("{}")
    (project / "notes.md").write_text("notes")
    assert project_version(project) == before
    (project / "models" / "one.sql").write_text("select 2 as a")
    assert project_version(project) != before


@pytest.mark.pipeline
def test_it_is_parsed_once_and_again_after_a_change(project: Path) -> None:
    assert not is_current(project)
    path = manifest_path(project)
    assert is_current(project)
    written = path.stat().st_mtime_ns
    assert manifest_path(project).stat().st_mtime_ns == written
    nodes = read_manifest(project)["nodes"]
    assert nodes["test.tiny.both"]["config"]["meta"] == {"dagster": {"ref": {"name": "two"}}}
    (project / "models" / "one.sql").write_text("selec {{ ref('nowhere') }}")
    with pytest.raises(ManifestError, match="nowhere"):
        manifest_path(project)
    assert not is_current(project)
