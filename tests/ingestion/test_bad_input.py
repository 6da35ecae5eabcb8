"""Bad input: a clear message, nothing lost, and the next run mends what can be mended."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.errors import DiskFullError, ExportError, ProfileError, SettingsError, WarehouseBusyError
from ingestion.lock import writer_lock
from ingestion.parts import PartWriter
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from tests.ingestion.landed import customer, from_export, invoice, land, newest, quarantine, versions, write_lines


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": "in_2", "object": "invoice", "amo', "no valid JSON"),
        (b'{"object": "invoice", "amount_due": 5}', "object without id"),
        (b'{"id": "", "object": "invoice"}', "object without id"),
        (b'{"id": "in_2", "object": "invoice", "currency": "zzz"}', "unknown currency 'zzz'"),
        (b'{"id": "in_2", "object": "invoice", "amount_due": 12.5}', "amount_due must be an integer in minor units"),
        (b'{"id": "in_2", "object": "invoice", "amount_due": 12.0}', "amount_due must be an integer in minor units"),
        (b'{"id": "in_2", "object": "invoice", "amount_due": "12"}', "amount_due must be an integer in minor units"),
        (b'{"id": "in_2", "object": "invoice", "amount_due": true}', "amount_due must be an integer in minor units"),
        (
            b'{"id": "in_2", "object": "invoice", "lines": {"data": [{"amount": 0.5}]}}',
            "lines.amount must be an integer in minor units",
        ),
        (b'{"id": "in_2", "object": "charge"}', "expected object 'invoice', found 'charge'"),
        (b'{"id": "in_2", "object": "invoice", "created": "yesterday"}', "created must be seconds since 1970"),
        (b"[1, 2]", "expected an object, found list"),
        (b'{"id": "in_2", "object": "invoice", "number": "\xff"}', "no valid JSON"),
    ],
)
def test_a_bad_line_is_quarantined_whole_and_lands_once_it_is_mended(
    profile: Profile, tmp_path: Path, line: bytes, reason: str
) -> None:
    path = tmp_path / "x/invoice.jsonl"
    write_lines(path, [invoice(1), line, invoice(3)])
    report = land(profile, from_export(tmp_path / "x"))
    assert set(newest(profile, "invoice")) == {"in_1", "in_3"}
    assert report.quarantined == 1
    (refused,) = quarantine(profile)
    assert reason in refused["reason"]
    assert refused["raw_text"] == line.decode("utf-8", "replace")
    assert refused["origin"].startswith("invoice.jsonl")
    write_lines(path, [invoice(1), invoice(2), invoice(3)])
    assert land(profile, from_export(tmp_path / "x")).quarantined == 0
    assert set(newest(profile, "invoice")) == {"in_1", "in_2", "in_3"}


def test_a_refused_line_stays_refused_while_nothing_mends_it(profile: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "x/invoice.jsonl", [invoice(1), b"{"])
    land(profile, from_export(tmp_path / "x"))
    assert land(profile, from_export(tmp_path / "x")).quarantined == 1


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_cut_off_archive_is_named_and_nothing_of_the_folder_lands(
    profile: Profile, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"x/customer.jsonl{suffix}"
    write_lines(path, [customer(n, name=os.urandom(40).hex()) for n in range(500)])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ExportError, match="cut off or damaged"):
        land(profile, from_export(tmp_path / "x"))
    path.write_bytes(whole)
    assert land(profile, from_export(tmp_path / "x")).rows == {"customer": 500}


def test_a_folder_that_is_none_is_said(profile: Profile, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is no folder"):
        land(profile, from_export(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExportError, match="no file that we know"):
        land(profile, from_export(tmp_path / "empty"))


@pytest.mark.parametrize("key", ["pk_" + "live_1", "whsec_1", "nonsense"])
def test_a_key_that_is_none_is_refused_without_being_shown(key: str) -> None:
    settings = StripeSettings(_env_file=None, stripe_api_key=key)
    with pytest.raises(SettingsError, match="STRIPE_API_KEY") as refusal:
        _ = settings.mode
    assert key not in str(refusal.value)


def test_an_unknown_profile_names_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="allowed: duckdb"):
        Profile(tmp_path, name="snowflake")


def test_a_full_disk_while_reading_is_said_and_the_next_run_goes_on(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_lines(tmp_path / "x/customer.jsonl", [customer(1), customer(2)])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(PartWriter, "_flush", full)
    with pytest.raises(DiskFullError, match="free some space"):
        land(profile, from_export(tmp_path / "x"))
    monkeypatch.undo()
    assert land(profile, from_export(tmp_path / "x")).rows == {"customer": 2}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_really_full_disk_loses_nothing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine mounts no tmpfs")
    try:
        profile = Profile(disk / "home")
        write_lines(tmp_path / "x/customer.jsonl", [customer(n, name=os.urandom(2000).hex()) for n in range(3000)])
        with pytest.raises(DiskFullError, match="free some space"):
            land(profile, from_export(tmp_path / "x"))
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        land(profile, from_export(tmp_path / "x"))
        assert len(newest(profile, "customer")) == 3000
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def _hold(home: Path, held: object, release: object) -> None:
    with writer_lock(Profile(home)):
        held.set()  # type: ignore[attr-defined]
        release.wait(30)  # type: ignore[attr-defined]


def test_of_two_runs_at_once_the_second_names_the_first_and_changes_nothing(profile: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "x/customer.jsonl", [customer(1)])
    land(profile, from_export(tmp_path / "x"))
    before = versions(profile)
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(profile.home, held, release))
    holder.start()
    try:
        assert held.wait(30)
        with (
            pytest.raises(WarehouseBusyError, match=f"process {holder.pid}"),
            writer_lock(profile, wait_seconds=0.2),
        ):
            pass
    finally:
        release.set()
        holder.join(30)
    assert versions(profile) == before
    assert land(profile, from_export(tmp_path / "x")).rows == {}


def test_a_killed_run_leaves_the_lock_free_and_the_next_run_finishes(profile: Profile, company_folder: Path) -> None:
    environment = {**os.environ, "LEAKS_HOME": str(profile.home), "STRIPE_EXPORT": str(company_folder)}
    run = subprocess.Popen(
        [sys.executable, "-m", "ingestion.stripe"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    spool = profile.spool / "export"
    while run.poll() is None and not spool.exists():
        pass
    run.send_signal(signal.SIGKILL)
    run.communicate()
    land(profile, from_export(company_folder))
    undisturbed = Profile(profile.home / "undisturbed")
    land(undisturbed, from_export(company_folder))
    assert versions(profile) == versions(undisturbed)
