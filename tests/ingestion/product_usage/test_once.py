"""A row lands once: whatever is delivered again, grows, is renamed, or was cut short."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.product_usage import loading, state
from ingestion.profile import Profile
from tests.ingestion.landed import rows
from tests.ingestion.product_usage.logs import count, land, lines, login, logins, refused, settle, table, usage, write


def read(profile: Profile, *places: Path) -> tuple[int, int]:
    """(files read, rows landed) of one landing."""
    report = land(profile, *places)
    return report.read, sum(report.rows.values())


@pytest.mark.parametrize("name", ["login.jsonl", "login.csv.gz"])
def test_a_file_that_was_read_is_not_read_again(profile: Profile, tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, table([login(1)]) if "csv" in name else lines([login(1)]))
    assert read(profile, path) == (1, 1)
    assert read(profile, path) == (0, 0)


def test_a_file_of_the_same_size_with_other_content_is_read(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "login.jsonl", lines([login(1)]))
    land(profile, path)
    write(path, lines([login(2)]))
    assert read(profile, path) == (1, 1)
    assert count(profile) == 2


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_file_that_grew_is_read_from_where_we_stopped(profile: Profile, tmp_path: Path, form: str) -> None:
    def content(upto: int) -> bytes:
        all_of_them = [login(n) for n in range(upto)]
        return lines(all_of_them) if form == "jsonl" else table(all_of_them)

    path = write(tmp_path / f"login.{form}", content(1000))
    land(profile, path)
    write(path, content(1500))
    assert read(profile, path) == (1, 500)
    found = rows(profile, "select read_from, count(*) as n from product.login group by 1 order by 1")
    assert [row["n"] for row in found] == [1000, 500]
    assert found[1]["read_from"] == len(content(1000))


def test_rows_at_fault_in_what_grew_have_the_line_of_the_file(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "login.csv", table([login(n) for n in range(10)]))
    land(profile, path)
    with path.open("ab") as file:
        file.write(b"cus_1,u,never,pw\ncus_2\n")
    settle(path)
    assert land(profile, path).quarantined == 2
    assert [where for where, _, _ in refused(profile)] == ["login.csv:12", "login.csv:13"]
    with path.open("ab") as file:
        file.write(b"cus_3,u,never,pw\n")
    settle(path)
    assert land(profile, path).quarantined == 3
    assert [where for where, _, _ in refused(profile)] == ["login.csv:12", "login.csv:13", "login.csv:14"]


def test_a_line_that_is_still_being_written_waits(profile: Profile, tmp_path: Path) -> None:
    path = tmp_path / "login.csv"
    path.write_bytes(table([login(1)]) + b"cus_2,u_2,17900")
    assert read(profile, path) == (1, 1)
    with path.open("ab") as file:
        file.write(b"00002,password\n")
    assert read(profile, path) == (1, 1)
    assert [row[3] for row in logins(profile)] == [1, 2]
    assert refused(profile) == []


def test_a_last_line_without_its_newline_counts_once_nobody_writes(profile: Profile, tmp_path: Path) -> None:
    path = tmp_path / "login.csv"
    path.write_bytes(table([login(1), login(2)]).rstrip(b"\n"))
    assert read(profile, path) == (1, 1)
    settle(path)
    assert read(profile, path) == (1, 1)
    assert read(profile, path) == (0, 0)


def test_a_whole_json_line_needs_no_newline(profile: Profile, tmp_path: Path) -> None:
    path = tmp_path / "login.jsonl"
    path.write_bytes(lines([login(1), login(2)]).rstrip(b"\n"))
    assert read(profile, path) == (1, 2)
    path.write_bytes(lines([login(1), login(2), login(3)]))
    assert read(profile, path) == (1, 1)


def test_a_file_delivered_again_under_another_name_adds_nothing(profile: Profile, tmp_path: Path) -> None:
    content = [login(1), login(1), login(2), login(3)]
    land(profile, write(tmp_path / "login.jsonl", lines(content)))
    assert count(profile) == 4
    again = [tmp_path / "login-copy.jsonl.gz", tmp_path / "login-copy.csv"]
    assert land(profile, write(again[0], lines(content))).rows["login"] == 0
    assert land(profile, write(again[1], table(content))).rows["login"] == 0
    assert count(profile) == 4


def test_two_files_of_one_run_that_hold_the_same_rows_land_them_once(profile: Profile, tmp_path: Path) -> None:
    one = write(tmp_path / "login-1.jsonl", lines([login(1), login(1), login(2)]))
    two = write(tmp_path / "login-2.jsonl", lines([login(1), login(2), login(3)]))
    assert land(profile, one, two).rows["login"] == 4


def test_equal_rows_of_one_file_are_as_many_facts(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "login.jsonl", lines([login(1), login(1), login(1)]))
    assert land(profile, path).rows["login"] == 3


def test_equal_rows_count_on_where_a_file_grew(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "login.jsonl", lines([login(1), login(1)]))
    land(profile, path)
    write(path, lines([login(1)] * 5))
    assert land(profile, path).rows["login"] == 3
    assert count(profile) == 5
    assert land(profile, write(tmp_path / "login-again.jsonl", lines([login(1)] * 5))).rows["login"] == 0


def test_an_idempotency_key_makes_a_row_itself_within_its_account(profile: Profile, tmp_path: Path) -> None:
    content = [usage(1), usage(1), usage(1, quantity=7), usage(2, idempotency_key="key_1"), usage(3)]
    assert land(profile, write(tmp_path / "usage.jsonl", lines(content))).rows["usage"] == 3
    again = write(tmp_path / "usage-2.jsonl", lines([usage(1), usage(4)]))
    assert land(profile, again).rows["usage"] == 1


def test_usage_without_keys_counts_by_content_and_place(profile: Profile, tmp_path: Path) -> None:
    same = usage(1)
    del same["idempotency_key"]
    path = write(tmp_path / "usage.jsonl", lines([same, same]))
    assert land(profile, path).rows["usage"] == 2
    assert land(profile, write(tmp_path / "usage-2.jsonl", lines([same, same, same]))).rows["usage"] == 1


def test_a_run_that_ended_between_landing_and_noting_lands_nothing_twice(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "login.jsonl", lines([login(1), login(1), login(2)]))
    with monkeypatch.context() as broken:
        broken.setattr(state, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land(profile, path)
    assert count(profile) == 3
    write(path, lines([login(1), login(1), login(2), login(1)]))
    assert read(profile, path) == (1, 1)
    with monkeypatch.context() as broken:
        broken.setattr(state, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        write(path, lines([login(1), login(1), login(2), login(1), login(1)]))
        with pytest.raises(KeyboardInterrupt):
            land(profile, path)
    assert read(profile, path) == (1, 0)
    assert count(profile) == 5


def test_a_file_that_is_written_to_while_it_is_read_lands_each_row_once(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "login.jsonl", lines(login(n) for n in range(100)))
    reading = __import__("ingestion.product_usage.reading", fromlist=["read_batch"])
    plain = reading.read_batch

    def meanwhile(*arguments, **named):
        if path.stat().st_mtime < time.time() - 1000:
            with path.open("ab") as file:
                file.write(lines(login(n) for n in range(100, 150)))
        return plain(*arguments, **named)

    monkeypatch.setattr(reading, "read_batch", meanwhile)
    assert read(profile, path) == (1, 100)
    assert read(profile, path) == (1, 50)
    assert Counter(row[0] for row in logins(profile)).most_common(1)[0][1] == 1


LAND = """
import sys
from pathlib import Path
from ingestion.profile import Profile
from tests.ingestion.product_usage.logs import land
land(Profile(Path(sys.argv[1])), sys.argv[2])
"""


@pytest.mark.parametrize("moment", ["spool", "dlt"])
def test_a_killed_run_is_gone_on_with(profile: Profile, tmp_path: Path, moment: str) -> None:
    path = write(tmp_path / "login.jsonl.gz", lines(login(n % 70_000) for n in range(150_000)))
    run = subprocess.Popen([sys.executable, "-c", LAND, str(profile.home), str(path)])
    awaited = profile.spool / "product" if moment == "spool" else profile.pipelines_dir / "product"
    deadline = time.monotonic() + 120
    while run.poll() is None and not awaited.exists() and time.monotonic() < deadline:
        os.sched_yield()
    assert run.poll() is None, "the run ended before it could be killed"
    run.send_signal(signal.SIGKILL)
    run.wait()
    land(profile, path)
    assert count(profile) == 150_000
    assert not (profile.spool / "product").exists()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, 12), max_size=3), order=st.permutations(range(3)), seed=st.integers(0, 5))
def test_any_growth_and_any_redelivery_lands_what_one_delivery_lands(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], order: list[int], seed: int
) -> None:
    folder = tmp_path_factory.mktemp("growth")
    profile = Profile(folder / "home")
    content = [login((n * (seed + 1)) % 4) for n in range(12)]
    path = folder / "login.jsonl"
    for upto in sorted({*cuts, 12}):
        write(path, lines(content[:upto]))
        land(profile, path)
    for number in order:
        land(profile, write(folder / f"login-{number}.jsonl", lines(content)))
    assert Counter(row[0] for row in logins(profile)) == Counter(row["customer"] for row in content)


def test_a_load_that_fails_keeps_what_was_there_and_is_read_again(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, through_dlt: None
) -> None:
    land(profile, write(tmp_path / "login.jsonl", lines([login(1)])))
    path = write(tmp_path / "login-2.jsonl", lines([login(2)]))
    with monkeypatch.context() as broken:
        broken.setattr(loading.dlt, "pipeline", lambda **_: (_ for _ in ()).throw(OSError(28, "No space left")))
        with pytest.raises(Exception, match="the disk of"):
            land(profile, path)
    assert count(profile) == 1
    assert read(profile, path) == (1, 1)
