"""Readers always have one whole publication, wherever a publisher dies."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from dagster_project.publish import (
    PublicModel,
    PublishError,
    drop_schema,
    public_models,
    publish,
    published_inputs,
)
from revops.warehouse import Published, historic_files

AS_OF = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 10, 2, 3, 4, 5, tzinfo=UTC)
FINDINGS = PublicModel("leak_findings", "What leaks; it's one row per finding.", {"amount_minor": "Minor units."})

# Publishes like a run does, and kills itself with SIGKILL before the n-th step that touches the disk.
VICTIM = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from dagster_project import publish as module

left = int(sys.argv[2])

def deadly(step):
    def wrapped(*arguments, **named):
        global left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return step(*arguments, **named)
    return wrapped

for name in ("_copy", "_comment", "_flush", "_delete_old"):
    setattr(module, name, deadly(getattr(module, name)))
Path.replace = deadly(Path.replace)
Path.write_text = deadly(Path.write_text)
home = Path(sys.argv[1])
module.publish(
    home, home / "warehouse.duckdb", [module.PublicModel("leak_findings", "Findings.")],
    as_of=datetime(2026, 10, 3, tzinfo=UTC), published_at=datetime(2026, 10, 3, tzinfo=UTC),
)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "default"
    folder.mkdir()
    write(folder, 1)
    return folder


def write(folder: Path, amount: int, schema: str = "main") -> None:
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(f"create schema if not exists {schema}")
        connection.execute(f"create or replace table {schema}.leak_findings as select {amount}::bigint as amount_minor")


def publish_now(folder: Path, as_of: datetime = AS_OF, **how: object):
    return publish(
        folder,
        folder / "warehouse.duckdb",
        [FINDINGS],
        as_of=as_of,
        published_at=NOW,
        **how,  # type: ignore[arg-type]
    )


def amounts(folder: Path, as_of: datetime | None = None) -> list[int]:
    with Published.open(folder.parent, as_of) as published:
        return [row["amount_minor"] for row in published.query("select amount_minor from leak_findings")]


def test_each_publication_has_the_next_number_and_only_the_last_two_stay(folder: Path) -> None:
    for amount in (1, 2, 3, 4):
        write(folder, amount)
        publication = publish_now(folder)
        assert (publication.n, publication.rows) == (amount, {"leak_findings": 1})
        assert amounts(folder) == [amount]
    assert sorted(path.name for path in folder.glob("published-*")) == [
        "published-3.duckdb",
        "published-4.duckdb",
    ]


def test_what_it_was_built_from_is_remembered(folder: Path) -> None:
    assert published_inputs(folder) == {}
    publish_now(folder, inputs={"policy": "abc"})
    assert published_inputs(folder) == {"policy": "abc"}


def test_any_duckdb_client_sees_what_tables_and_columns_mean(folder: Path) -> None:
    path = publish_now(folder).path
    with duckdb.connect(str(path), read_only=True) as client:
        assert client.execute("select comment from duckdb_tables()").fetchall() == [(FINDINGS.description,)]
        assert client.execute("select comment from duckdb_columns() where not internal").fetchall() == [
            ("Minor units.",)
        ]


def test_only_models_marked_public_are_published() -> None:
    def node(name: str, kind: str = "model", **meta: object) -> dict[str, object]:
        columns = {"amount_minor": {"description": "Minor units."}}
        return {"name": name, "resource_type": kind, "config": {"meta": meta}, "columns": columns}

    manifest = {"nodes": {n["name"]: n for n in (node("b", public=True), node("a", "seed", public=True), node("c"))}}
    assert public_models(manifest) == [
        PublicModel("a", "", {"amount_minor": "Minor units."}),
        PublicModel("b", "", {"amount_minor": "Minor units."}),
    ]


def test_a_past_moment_is_published_beside_and_the_present_stays(folder: Path) -> None:
    publish_now(folder)
    past = datetime(2026, 9, 1, tzinfo=UTC)
    write(folder, 99, "as_of_20260901t000000z")
    publish_now(folder, past, schema="as_of_20260901t000000z", is_present=False)
    drop_schema(folder / "warehouse.duckdb", "as_of_20260901t000000z")
    assert amounts(folder) == [1]
    assert amounts(folder, past) == [99]
    assert list(historic_files(folder)) == [past]


def test_a_model_that_was_not_built_leaves_the_old_publication(folder: Path) -> None:
    publish_now(folder)
    with pytest.raises(PublishError, match="leaks run --full"):
        publish(
            folder,
            folder / "warehouse.duckdb",
            [FINDINGS, PublicModel("triage")],
            as_of=AS_OF,
            published_at=NOW,
        )
    assert amounts(folder) == [1]
    assert list(folder.glob(".publishing-*")) == []


def test_a_lost_pointer_never_reuses_a_number_that_readers_may_hold(folder: Path) -> None:
    publish_now(folder)
    publish_now(folder)
    (folder / "published.json").write_text("{")
    assert publish_now(folder).n == 3


def test_a_kill_at_any_step_leaves_a_whole_publication_and_the_next_run_mends_the_rest(folder: Path) -> None:
    publish_now(folder)
    write(folder, 2)
    script = folder.parent / "victim.py"
    script.write_text(VICTIM)
    kills = 0
    while True:
        done = subprocess.run([sys.executable, str(script), str(folder), str(kills)], check=False)
        if done.returncode == 0:
            break
        assert done.returncode == -9
        assert amounts(folder) in ([1], [2])
        kills += 1
    assert kills >= 8
    assert amounts(folder) == [2]
    assert list(folder.glob(".publishing-*")) == []
    assert len(list(folder.glob("published-*.duckdb"))) == 2
