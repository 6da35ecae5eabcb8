"""An exported log is checked with the file and a public key alone, and a damaged file is not taken for a whole one."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from revops.domain.decision_export import ExportedKey, export_lines, read_export
from revops.domain.decision_record import DecisionInputError
from revops.domain.kept_records import Anchors
from revops.verify_export import check_export, main
from tests.revops.domain.logs import AT, Log, key_id, public, written
from tests.revops.domain.tampering import WAYS, tampered

FLIPS = 300


def exported(log: Log, *, with_personal: bool = True) -> list[str]:
    keys = [ExportedKey(key_id(key), base64.b64encode(public(key)).decode(), AT, None) for key in log.keys]
    return [
        *export_lines(
            log.tenant_id, keys, log.records, Anchors(tuple(log.anchors)), with_personal=with_personal, at=AT
        ),
    ]


def put(tmp_path: Path, lines: list[str], name: str = "log.jsonl") -> Path:
    file = tmp_path / name
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def first_key(log: Log) -> str:
    return base64.b64encode(log.public_keys[0]).decode()


def test_a_whole_file_is_right_with_the_public_key(tmp_path: Path) -> None:
    log = written(12)
    checked = check_export(put(tmp_path, exported(log)), [first_key(log)])
    assert checked.is_right
    assert checked.lines[0].startswith("All 12 records are right, anchored up to 12")
    assert checked.lines[1:] == (
        f"Signed with {', '.join(key_id(key) for key in log.keys)}.",
        "The note of record 3 was erased on 2026-11-01T12:34:00.000Z by person_9.",
    )


def test_without_a_public_key_it_says_that_nobody_vouches(tmp_path: Path) -> None:
    checked = check_export(put(tmp_path, exported(written(3))))
    assert checked.is_right
    assert "Nobody outside of the log vouches" in checked.lines[-1]


def test_what_is_personal_can_be_left_out(tmp_path: Path) -> None:
    log = written(12)
    lines = exported(log, with_personal=False)
    assert "note 6" not in "".join(lines)
    checked = check_export(put(tmp_path, lines), [first_key(log)])
    assert checked.is_right
    assert checked.lines[-1] == "What is personal was left out and was not checked."


def test_every_line_is_read_back_as_it_was() -> None:
    log = written(12)
    export = read_export("".join(f"{line}\n" for line in exported(log)))
    assert [(one.number, one.text, one.hash, one.signature, one.personal) for one in export.records] == [
        (one.number, one.text, one.hash, one.signature, one.personal) for one in log.records
    ]
    assert (export.tenant_id, list(export.keys)) == ("acme", log.public_keys)
    assert (list(export.anchors.anchors), export.problem) == (log.anchors, None)


@pytest.mark.parametrize("name", [name for name in WAYS if name != "flip: a column"])
def test_a_tampered_log_does_not_pass_as_a_file(tmp_path: Path, name: str) -> None:
    """Somebody who wrote the whole file anew, its own SHA-256 too."""
    log = tampered(WAYS[name], random.Random(1))
    checked = check_export(put(tmp_path, exported(log)), [first_key(log)])
    assert checked.verdict.fault is not None
    assert checked.problem is None
    assert checked.verdict.fault.kind in WAYS[name].kinds


def test_a_cut_that_took_the_anchor_along_is_told_by_anchors_kept_elsewhere(tmp_path: Path) -> None:
    log = written(12)
    outside = put(tmp_path, [one.line for one in log.anchors], "anchors.jsonl")
    del log.records[8:], log.anchors[-1]
    file = put(tmp_path, exported(log))
    assert check_export(file, [first_key(log)]).is_right
    for keys in ([first_key(log)], []):
        fault = check_export(file, keys, outside).verdict.fault
        assert fault is not None
        assert (fault.number, fault.kind) == (9, "cut")


def test_a_file_of_somebody_elses_keys_and_anchors_is_not_ours(tmp_path: Path) -> None:
    ours, theirs = written(8), written(8)
    file = put(tmp_path, exported(theirs))
    assert check_export(file).is_right
    fault = check_export(file, [first_key(ours)]).verdict.fault
    assert fault is not None
    assert fault.kind == "re-sign"


def test_any_changed_byte_of_the_file_is_noticed(tmp_path: Path) -> None:
    log = written(9)
    content = put(tmp_path, exported(log)).read_bytes()
    rng = random.Random(7)
    file = tmp_path / "changed.jsonl"
    for _ in range(FLIPS):
        place = rng.randrange(len(content) - 1)
        changed = bytearray(content)
        changed[place] ^= 1 << rng.randrange(8)
        file.write_bytes(changed)
        assert _is_noticed(file, log), (place, content[place : place + 40])


def _is_noticed(file: Path, log: Log) -> bool:
    try:
        return not check_export(file, [first_key(log)]).is_right
    except DecisionInputError:
        return True


@pytest.mark.parametrize("missing", [1, 2, 5])
def test_a_file_that_was_cut_short_says_so(tmp_path: Path, missing: int) -> None:
    checked = check_export(put(tmp_path, exported(written(6))[:-missing]))
    assert not checked.is_right
    assert checked.lines[-1] == "The file is cut: its last line is missing."


def test_a_file_with_more_after_its_end_says_so(tmp_path: Path) -> None:
    lines = exported(written(6))
    assert check_export(put(tmp_path, [*lines, lines[-1]])).problem == "The file goes on after its last line."


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    lines = exported(written(6))
    lines[3] = lines[3][:50]
    problem = check_export(put(tmp_path, lines)).problem
    assert problem == "The file was changed after it was written: its SHA-256 is another. Line 4 cannot be read."


@pytest.mark.parametrize("content", ["", "[]\n", "7", "{}", '{"type": "log"}', "\x00", "[" * 100_000])
def test_what_is_no_export_says_what_is(tmp_path: Path, content: str) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text(content)
    with pytest.raises(DecisionInputError, match="leaks decisions export"):
        check_export(file)


@pytest.mark.parametrize(
    "line",
    [
        {"type": "record"},
        {"type": "record", "number": "1", "record": 7, "hash": None, "signature": [], "personal": []},
        {"type": "record", "number": 1, "record": "{}", "hash": "x", "signature": "\ud800", "personal": {"note": 7}},
        {"type": "key", "public_key": 7},
        {"type": "anchor", "number": "x"},
        {"type": "end", "sha256": 7},
    ],
)
def test_lines_of_other_shapes_are_found_wrong_and_break_nothing(tmp_path: Path, line: dict[str, object]) -> None:
    lines = exported(written(3))
    lines.insert(2, json.dumps(line))
    assert not check_export(put(tmp_path, lines)).is_right


def test_the_command_needs_nothing_but_the_file_and_a_key(tmp_path: Path) -> None:
    log = written(8)
    file = put(tmp_path, exported(log))
    key = put(tmp_path, [first_key(log)], "key.pub")
    script = (
        "import sys; from revops.verify_export import main; code = main(sys.argv[1:]); "
        "print([name for name in ('sqlalchemy', 'pydantic', 'structlog', 'statemachine') if name in sys.modules]); "
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(file), "--public-key", str(key)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("All 8 records are right")
    assert done.stdout.endswith("[]\n")


def test_the_command_ends_with_1_for_a_fault_and_2_for_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = written(8)
    del log.records[5]
    assert main([str(put(tmp_path, exported(log)))]) == 1
    assert "Record 6 is where it goes wrong (drop): record 6 is missing." in capsys.readouterr().out
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "No such file" in capsys.readouterr().err
    for key in ("x", first_key(log)[:-4], "é"):
        assert main([str(tmp_path / "log.jsonl"), "--public-key", key]) == 2
        assert "leaks decisions keys list" in capsys.readouterr().err
