"""`leaks sql` answers from the published file, with rows on stdout and everything else on stderr."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Leaks

ALL = "select * from leak_findings order by object_id"


def test_json_keeps_money_integer_and_times_in_utc(leaks: Leaks, home: Path) -> None:
    done = leaks("sql", ALL, "--format", "json", LEAKS_HOME=str(home))
    assert done.returncode == 0
    assert done.stderr == ""
    assert json.loads(done.stdout) == [
        {
            "object_id": "in_1",
            "currency": "usd",
            "amount_minor": 1999,
            "detected_at": "2026-09-01T10:00:00Z",
            "confidence": 0.8,
        },
        {
            "object_id": "in_2",
            "currency": "jpy",
            "amount_minor": 500,
            "detected_at": "2026-09-02T00:00:00Z",
            "confidence": None,
        },
    ]


def test_csv_and_table_carry_the_same_values(leaks: Leaks, home: Path) -> None:
    as_csv = leaks("sql", ALL, "--format", "csv", LEAKS_HOME=str(home)).stdout
    rows = list(csv.reader(io.StringIO(as_csv)))
    assert rows[1] == ["in_1", "usd", "1999", "2026-09-01T10:00:00Z", "0.8"]
    table = leaks("sql", ALL, LEAKS_HOME=str(home)).stdout.splitlines()
    assert [line.split() for line in (table[0], table[2])] == [rows[0], rows[1]]


def test_sums_of_money_stay_exact_beyond_64_bits(leaks: Leaks, home: Path) -> None:
    sql = "select sum(9223372036854775807::hugeint) * 3 as total_minor"
    done = leaks("sql", sql, "--format", "json", LEAKS_HOME=str(home))
    assert json.loads(done.stdout) == [{"total_minor": 27670116110564327421}]


def test_wrong_sql_is_one_message_and_exit_code_2(leaks: Leaks, home: Path) -> None:
    done = leaks("sql", "select nothing from leak_findings", LEAKS_HOME=str(home))
    assert (done.returncode, done.stdout) == (2, "")
    assert "nothing" in done.stderr
    assert "Traceback" not in done.stderr


def test_writing_is_refused(leaks: Leaks, home: Path) -> None:
    done = leaks("sql", "delete from leak_findings", LEAKS_HOME=str(home))
    assert (done.returncode, done.stdout) == (2, "")


def test_an_empty_home_says_what_to_run(leaks: Leaks, tmp_path: Path) -> None:
    done = leaks("sql", ALL, LEAKS_HOME=str(tmp_path / "new"))
    assert done.returncode == 1
    assert "leaks run" in done.stderr


def test_a_moment_that_is_none_and_one_that_was_not_built_differ(leaks: Leaks, home: Path) -> None:
    wrong = leaks("sql", ALL, "--as-of", "yesterday", LEAKS_HOME=str(home))
    assert wrong.returncode == 2
    assert "2026-10-01T06:00:00Z" in wrong.stderr
    absent = leaks("sql", ALL, "--as-of", "2026-08-01", LEAKS_HOME=str(home))
    assert absent.returncode == 1
    assert "leaks run --as-of 2026-08-01T00:00:00Z" in absent.stderr
    assert leaks("sql", ALL, "--as-of", "2026-10-01", LEAKS_HOME=str(home)).returncode == 0


def test_the_home_may_come_from_the_dotenv_file(leaks: Leaks, home: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"LEAKS_HOME={home}\n")
    assert leaks("sql", "select 1 as one", "--format", "csv").stdout == "one\n1\n"


def test_asking_loads_neither_dagster_nor_dlt_nor_dbt(home: Path) -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from cli.app import app; "
        "done = CliRunner().invoke(app, ['sql', 'select 1']); assert done.exit_code == 0, done.output; "
        "print(sorted({'dagster', 'dlt', 'dbt', 'streamlit'} & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"LEAKS_HOME": str(home), "PATH": ""},
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
