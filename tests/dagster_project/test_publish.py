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
    publish_findings,
    published_inputs,
)
from revops.warehouse import Published, QueryError, historic_files

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


def _findings_of(home: Path) -> list[object]:
    with Published.open(home.parent, tenant=home.name) as published:
        return [row["finding_id"] for row in published.query("select finding_id from leak_findings order by 1")]


@pytest.fixture
def home_with_findings(tmp_path: Path) -> Path:
    """A home whose publication has one finding and one customer, and whose warehouse has found another since."""
    home = tmp_path / "default"
    home.mkdir()
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute("create table leak_findings as select 'f1' as finding_id")
        warehouse.execute("create table customers as select 'cus_1' as customer_id")
    models = [PublicModel("leak_findings"), PublicModel("customers")]
    publish(home, home / "warehouse.duckdb", models, as_of=AS_OF, published_at=NOW, inputs={"landed": "x"})
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        warehouse.execute("insert into leak_findings values ('f2')")
    return home


LATER = datetime(2026, 10, 2, 4, tzinfo=UTC)


def test_newer_findings_stand_in_for_those_of_the_publication(home_with_findings: Path) -> None:
    home = home_with_findings
    publish_findings(home, home / "warehouse.duckdb", [PublicModel("leak_findings")], as_of=LATER, published_at=LATER)
    assert _findings_of(home) == ["f1", "f2"]
    with Published.open(home.parent) as published:
        assert (published.n, published.as_of, published.published_at) == (1, LATER, LATER)
        assert published.query("select customer_id from customers") == [{"customer_id": "cus_1"}]
    assert published_inputs(home) == {"landed": "x"}, "the next run still knows what the publication was built from"


def test_a_reader_keeps_the_findings_it_opened(home_with_findings: Path) -> None:
    home = home_with_findings
    model = [PublicModel("leak_findings")]
    for moment in range(4):
        publish_findings(home, home / "warehouse.duckdb", model, as_of=LATER, published_at=LATER.replace(minute=moment))
        if moment == 1:
            reader = Published.open(home.parent)
            published = reader.__enter__()
    assert len(published.query("select * from leak_findings")) == 2
    reader.__exit__(None, None, None)
    assert len([*home.glob("findings-*.duckdb")]) == 2, "the newest, and the one that pages may still read"


def test_a_publication_ends_the_findings_before_it(home_with_findings: Path) -> None:
    home = home_with_findings
    publish_findings(home, home / "warehouse.duckdb", [PublicModel("leak_findings")], as_of=LATER, published_at=LATER)
    for _ in range(2):
        publish(home, home / "warehouse.duckdb", [PublicModel("leak_findings")], as_of=LATER, published_at=LATER)
    assert _findings_of(home) == ["f1", "f2"]
    assert [*home.glob("findings-*.duckdb")] == []


def test_findings_that_cannot_be_written_leave_the_former(home_with_findings: Path) -> None:
    home = home_with_findings
    with pytest.raises(PublishError, match="the last ones stay"):
        publish_findings(home, home / "warehouse.duckdb", [PublicModel("absent")], as_of=LATER, published_at=LATER)
    assert _findings_of(home) == ["f1"]
    assert [*home.glob(".publishing-*")] == []


def test_readers_of_findings_reach_no_other_file(home_with_findings: Path, tmp_path: Path) -> None:
    home = home_with_findings
    publish_findings(home, home / "warehouse.duckdb", [PublicModel("leak_findings")], as_of=LATER, published_at=LATER)
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with Published.open(home.parent) as published, pytest.raises(QueryError, match="disabled"):
        published.query(f"select * from read_csv('{tmp_path / 'secret.csv'}')")
