"""A recovery statement is checked with its file and a public key alone, and nothing that was changed passes."""

from __future__ import annotations

import base64
import json
import random
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from revops.domain.decision_record import DecisionInputError
from revops.earned.check_statement import check_statement, refuse_unproved
from revops.earned.statement import SignedStatement, StatementError, StatementInputError, Total
from revops.earned.statement_file import read_statement
from revops.earned.statement_text import render_statement
from revops.verify_statement import Checked, check_file, main
from tests.revops.domain.logs import new_key, public, sealed
from tests.revops.earned.statements import MADE, WAYS, Book, october, on, tampered, written

FLIPS = 250
SEEDS = 4


def text_of(key: bytes) -> str:
    return base64.b64encode(key).decode()


def put(tmp_path: Path, text: str | bytes, name: str = "statement.json") -> Path:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return file


def checked(tmp_path: Path, text: str | bytes, *keys: bytes) -> Checked:
    return check_file(put(tmp_path, text), [text_of(key) for key in keys])


def problems(book: Book, signed: SignedStatement | None = None) -> tuple[str, ...]:
    return check_statement(signed or book.statement(), book.public_keys[-1:])


@pytest.fixture(scope="module")
def book() -> Book:
    return october()


def test_a_statement_is_right_with_the_key_of_now(tmp_path: Path, book: Book) -> None:
    found = checked(tmp_path, book.statement().file, book.public_keys[-1])
    assert found.is_right
    assert found.lines[0] == (
        "The statement of acme for 2026-10 is right: all 8 lines, its totals and 16 signed records."
    )
    assert found.lines[1:5] == (
        "EUR 49.99 in 1 lines",
        "JPY 90,000 in 1 lines",
        "KWD 1,234.567 in 1 lines",
        "USD 961.00 in 5 lines",
    )


def test_the_key_that_was_noted_at_the_beginning_is_enough_because_it_named_its_successor(
    tmp_path: Path, book: Book
) -> None:
    assert checked(tmp_path, book.statement().file, book.public_keys[0]).is_right
    without_rotation = [one for one in book.records if one.record.kind != "key_rotated"]
    unnamed = Book(book.keys, without_rotation, book.lines).statement()
    [first, *_] = check_statement(unnamed, book.public_keys[:1])
    assert first.endswith("which is none of the keys that are trusted, nor named by one.")
    assert check_statement(unnamed, book.public_keys[1:]) == ()


def test_totals_are_per_currency_and_say_for_how_many_nobody_knows_the_fee(book: Book) -> None:
    assert book.statement().statement.totals[2:] == (
        Total("kwd", 1, 1_234_567, 0, 1_234_567, 0, 0, 1, 1_234_567),
        Total("usd", 5, 126_000, -29_900, 96_100, 4_000 + 117 + 117 + 1_500, 96_100 - 5_734, 0, 0),
    )


def test_what_is_read_back_is_what_was_made(book: Book) -> None:
    signed = book.statement()
    again, misspelled = read_statement(signed.file)
    assert (again, misspelled) == (signed, ())


def test_lines_come_in_any_order_and_the_statement_is_the_same(book: Book) -> None:
    turned = Book(book.keys, book.records, book.lines[::-1])
    assert turned.statement().file == book.statement().file


@pytest.mark.parametrize("how", ["as it was", "hashed", "own key", "our key"])
@pytest.mark.parametrize("name", WAYS)
def test_nothing_that_was_tampered_with_passes(tmp_path: Path, book: Book, name: str, how: str) -> None:
    """Also what somebody with the tenant's own key did, where a record tells otherwise."""
    if how == "our key" and not WAYS[name].is_seen_with_key:
        how = "hashed"
    undetected = 0
    for seed in range(SEEDS):
        text = tampered(book, WAYS[name].tamper, random.Random(f"{name}{how}{seed}"), how=how)
        assert text != book.made.file
        try:
            undetected += checked(tmp_path, text, *book.public_keys).is_right
        except StatementInputError:
            continue
    assert undetected == 0


def test_any_changed_byte_of_the_file_is_noticed(tmp_path: Path, book: Book) -> None:
    content = book.statement().file.encode()
    rng = random.Random(7)
    for _ in range(FLIPS):
        place = rng.randrange(len(content))
        changed = bytearray(content)
        changed[place] ^= 1 << rng.randrange(8)
        try:
            assert not checked(tmp_path, bytes(changed), book.public_keys[-1]).is_right, content[place : place + 40]
        except StatementInputError:
            continue


@pytest.mark.parametrize("cut", [1, 2, 50, 5_000])
def test_a_file_that_was_cut_or_goes_on_is_none(tmp_path: Path, book: Book, cut: int) -> None:
    text = book.statement().file
    for other in (text[:-cut], text + " " * cut, text.replace(",", ", ", cut)):
        with pytest.raises(StatementInputError):
            checked(tmp_path, other, book.public_keys[-1])


def test_a_statement_of_somebody_elses_key_is_not_ours(tmp_path: Path, book: Book) -> None:
    found = checked(tmp_path, october().statement().file, book.public_keys[-1])
    assert "which is none of the keys that are trusted" in found.problems[0]
    assert found.lines[0].startswith("This statement is not right.")


def test_a_signature_under_our_keys_name_by_another_key_is_told(tmp_path: Path, book: Book) -> None:
    text = written(json.loads(book.statement().text), new_key())
    [first, *_] = checked(tmp_path, text, book.public_keys[-1]).problems
    assert "somebody without that key wrote it" in first


def test_a_signature_over_a_decision_record_is_none_over_a_statement(book: Book) -> None:
    signed = book.statement()
    key = book.keys[-1]
    other = key.sign(b"leaks decision record\x00" + bytes.fromhex(signed.hash)).hex()
    assert problems(book, replace(signed, signature=other))[0].startswith("The statement's signature is not by")


def test_former_keys_are_believed_by_the_signature_alone(tmp_path: Path, book: Book) -> None:
    """Without it anybody could list a key of their own and sign records with it."""
    content = json.loads(book.statement().text)
    content["keys"] = content["keys"][1:]
    found = checked(tmp_path, written(content, book.keys[-1]), book.public_keys[-1])
    assert any("nobody vouches for the key" in one for one in found.problems)


def problem_of(book: Book, name: str, **changes: object) -> list[str]:
    """What is said when one line of the statement is another one, although it is signed."""
    lines = [replace(one, **changes) if one.leak_id == f"leak_{name}" else one for one in book.lines]  # type: ignore[arg-type]
    return list(problems(Book(book.keys, book.records, lines)))


@pytest.mark.parametrize(
    ("name", "changes", "sentence"),
    [
        ("four", {"amount_minor": 89_999}, "Line 4 (ch_four): its amount is 89999, and record 15 says 90000."),
        ("four", {"charge": "ch_x"}, "Line 4 (ch_x): its charge is ch_x, and record 15 says ch_four."),
        ("two", {"amount_minor": 5_000}, "Leak leak_two: 5000 minor units came, and what was approved is about 4999."),
        ("two", {"amount_minor": 0}, "Line 3 (ch_two): a payment of 0 is none."),
        ("two", {"fee_minor": -1}, "Line 3 (ch_two): a fee of -1 on a payment is none."),
        ("two", {"kind": "refund"}, "Line 3 (ch_two): a refund of 4999 went not back: below zero is what did."),
        ("two", {"currency": "chf"}, "Line 3 (ch_two): it is in chf, and what was approved in eur."),
        ("two", {"object_id": "in_x"}, "Line 3 (ch_two): it is about in_x, and what was approved about in_two."),
        ("two", {"action_id": "act_x"}, "Line 3 (ch_two): record 7 is about action act_two, and the line about act_x."),
        ("two", {"leak_id": "leak_x"}, "Line 3 (ch_two): record 7 is about leak leak_two, and the line about leak_x."),
        ("two", {"approved_in": 8}, "Line 3 (ch_two): record 8 is no action.approve, it is action.begin."),
        ("two", {"approved_in": 99}, "Line 3 (ch_two): the record 99 of its approval is missing or wrong."),
        ("two", {"sent_in": 99}, "Line 3 (ch_two): the record 99 that it was carried out is missing or wrong."),
        ("two", {"ended_in": 99}, "Line 3 (ch_two): the record 99 of what it came to is missing or wrong."),
        ("two", {"ended_in": 8}, "Line 3 (ch_two): it ended in record 8, before it was carried out in 8."),
        ("two", {"sent_in": 7}, "Line 3 (ch_two): it was carried out in record 7, before it was approved in 7."),
        (
            "two",
            {"idempotency_key": None},
            "Line 3 (ch_two): it names the idempotency key None, and record 8 says leaks-two.",
        ),
        ("two", {"charge": "ch_one"}, "The charge ch_one is there 2 times."),
        ("two", {"balance_transaction": "txn_one"}, "The balance transaction txn_one is there 2 times."),
        ("two", {"at": on(31)}, "Line 8 (ch_two): 2026-11-01T00:00:00.000Z is not in 2026-10."),
        (
            "two",
            {"at": on(11)},
            "Line 3 (ch_two): the money came at 2026-10-12T00:00:00.000Z, more than 7 days after "
            "2026-10-04T00:00:00.000Z.",
        ),
        (
            "two",
            {"at": on(2.99)},
            "Line 2 (ch_two): the money moved at 2026-10-03T23:45:36.000Z, before anything was done "
            "(2026-10-04T00:00:00.000Z).",
        ),
    ],
)
def test_each_problem_of_a_line_is_named(book: Book, name: str, changes: dict[str, object], sentence: str) -> None:
    assert sentence in problem_of(book, name, **changes)


FIVE_MINUTES = timedelta(minutes=5)
SENT = on(3)


@pytest.mark.parametrize(
    ("at", "is_right"),
    [
        (SENT - FIVE_MINUTES - timedelta(seconds=1), False),
        (SENT - FIVE_MINUTES, True),
        (SENT + timedelta(days=7) + FIVE_MINUTES, True),
        (SENT + timedelta(days=7) + FIVE_MINUTES + timedelta(seconds=1), False),
    ],
)
def test_money_came_within_seven_days_give_or_take_what_clocks_differ_by(
    book: Book, at: datetime, is_right: bool
) -> None:
    assert (problem_of(book, "two", at=at) == []) is is_right


def test_a_month_has_its_first_moment_and_not_the_next_ones() -> None:
    book = Book()
    book.paid("first", "send_email", 100, "usd", day=-1, after=1)
    assert problems(book) == ()
    book.paid("next", "send_email", 100, "usd", day=30, after=1)
    assert problems(book) == ("Line 2 (ch_next): 2026-11-01T00:00:00.000Z is not in 2026-10.",)


def test_nothing_moved_after_the_statement_was_made_but_for_what_clocks_differ_by() -> None:
    book = Book()
    at = book.paid("one", "send_email", 100, "usd", day=5).at
    key = book.public_keys
    assert check_statement(book.statement(made_at=at - FIVE_MINUTES), key) == ()
    [problem] = check_statement(book.statement(made_at=at - FIVE_MINUTES - timedelta(seconds=1)), key)
    assert problem.endswith("is after the statement was made.")


def test_a_refund_of_nothing_is_none(book: Book) -> None:
    lines = [replace(one, amount_minor=0) if one.kind == "refund" else one for one in book.lines]
    [problem] = problems(Book(book.keys, book.records, lines))
    assert problem.endswith("a refund of 0 went not back: below zero is what did.")


def test_a_version_that_nobody_approved_is_told(book: Book) -> None:
    one = next(line for line in book.lines if line.leak_id == "leak_two")
    [said, again] = problem_of(book, "two", action={**one.action, "amount_minor": 9_999})
    assert said == (
        "Line 3 (ch_two): its action is not the one that record 7 names: its amount, currency, recipient or body "
        "differ."
    )
    assert again == said.replace("record 7", "record 8")


def test_more_back_than_came_is_told(book: Book) -> None:
    lines = [replace(one, amount_minor=-120_001) if one.kind == "refund" else one for one in book.lines]
    found = problems(Book(book.keys, book.records, lines))
    assert found == ("The charge ch_one: more went back than came, by 1 minor units.",)


def test_two_refunds_that_nothing_tells_apart_are_told(book: Book) -> None:
    refund = replace(next(one for one in book.lines if one.kind == "refund"), balance_transaction=None)
    found = problems(Book(book.keys, book.records, [*book.lines[:-2], refund, refund]))
    assert "The refund of ch_one is there 2 times, without a balance transaction to tell them apart." in found


def test_a_record_that_no_line_names_is_told(book: Book) -> None:
    content = json.loads(book.statement().text)
    [denied] = [one for one in book.records if one.record.kind == "action.deny"]
    more = {"number": denied.number, "record": denied.text, "hash": denied.hash, "signature": denied.signature}
    content["records"] = sorted([*content["records"], more], key=lambda one: one["number"])
    signed, _ = read_statement(written(content, book.keys[-1]))
    assert problems(book, signed) == (f"Record {denied.number} belongs to no line: a line was taken out.",)


def test_a_record_of_another_history_is_told(book: Book) -> None:
    """Its number and signature are right, and it follows a record that is not the one before it."""
    before, one = book.records[3].record, book.records[4].record
    other = sealed(replace(before, at=before.at + timedelta(seconds=1)), book.keys[0])
    taken = sealed(replace(one, previous_hash=other.hash), book.keys[0])
    records = [taken if kept.number == taken.number else kept for kept in book.records]
    found = problems(Book(book.keys, records, book.lines))
    assert found == (
        "Record 5 follows another record than 4: of another history.",
        "Record 6 follows another record than 5: of another history.",
    )


def test_whoever_makes_a_statement_that_would_not_prove_itself_is_told(book: Book) -> None:
    refuse_unproved(book.statement(), book.public_keys[-1:])
    wrong = Book(book.keys, book.records, [replace(one, charge="ch_same", idempotency_key=None) for one in book.lines])
    with pytest.raises(StatementError, match=r"would not prove what it says.*And \d+ more"):
        refuse_unproved(wrong.statement(), book.public_keys[-1:])


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "202610", "0000-01", "October", ""])
def test_a_month_that_is_none_is_refused(book: Book, month: str) -> None:
    with pytest.raises(StatementInputError, match="is no month"):
        book.statement(month)


def test_a_month_without_lines_is_a_statement_too(tmp_path: Path, book: Book) -> None:
    empty = Book(book.keys, book.records).statement("2026-12", made_at=MADE)
    found = checked(tmp_path, empty.file, book.public_keys[-1])
    assert found.is_right
    assert "The month was not over when it was made." in found.lines
    text = render_statement(empty)
    assert "Nothing came back after an action in this month." in text
    assert "The month was not over then: more may come." in text


@pytest.mark.parametrize(
    "content",
    ["", "[]", "7", "{}", "\x00", "[" * 100_000, '{"hash":"","signature":"","statement":{}}', b"\xff\xfe"],
)
def test_what_is_no_statement_says_what_is(tmp_path: Path, book: Book, content: str | bytes) -> None:
    with pytest.raises(StatementInputError, match="is no recovery statement"):
        checked(tmp_path, content, book.public_keys[-1])


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("format", 2),
        ("month", "2026-13"),
        ("month", 7),
        ("made_at", "yesterday"),
        ("made_at", "2026-11-02T08:00:00"),
        ("lines", {}),
        ("lines", [7]),
        ("totals", [{"currency": "usd"}]),
        ("records", [{"number": "1"}]),
        ("keys", ["é"]),
        ("more", 1),
    ],
)
def test_other_shapes_are_refused_and_break_nothing(tmp_path: Path, book: Book, where: str, value: object) -> None:
    content = {**json.loads(book.statement().text), where: value}
    with pytest.raises(StatementInputError):
        checked(tmp_path, written(content, book.keys[-1]), book.public_keys[-1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount_minor", True),
        ("amount_minor", "1"),
        ("kind", "gift"),
        ("finding_ids", [1]),
        ("at", None),
        ("action", []),
        ("payout", 7),
    ],
)
def test_a_line_of_another_shape_is_refused(tmp_path: Path, book: Book, name: str, value: object) -> None:
    content = json.loads(book.statement().text)
    content["lines"][0][name] = value
    with pytest.raises(StatementInputError):
        checked(tmp_path, written(content, book.keys[-1]), book.public_keys[-1])


def test_people_read_the_same_lines(book: Book) -> None:
    text = render_statement(book.statement())
    assert "# What came back for acme in 2026-10" in text
    assert "| USD | USD 1,260.00 | USD -299.00 | USD 961.00 | USD 57.34 | USD 903.66 |" in text
    assert "Of 1 lines in KWD nobody knows the fee; their KWD 1,234.567 are left out" in text
    [row] = [line for line in text.splitlines() if line.startswith("| 1 |")]
    assert row == (
        "| 1 | 2026-10-03 00:01 | came in | USD 1,200.00 | USD 40.00 | in_one | leak_one (unpaid_invoice) "
        "| act_one (retry_invoice) | record 4 | req_one | ch_one | txn_one | po_one |"
    )
    assert "not known | not yet |" in text
    assert "more may come" not in text
    assert text.count("\n| ") == 16, "two heads with their rules, four currencies, eight lines"


def test_names_that_others_gave_do_not_break_the_table(book: Book) -> None:
    lines = [replace(one, payout="po|1\n| x <b>") for one in book.lines]
    text = render_statement(Book(book.keys, book.records, lines).statement())
    assert "po\\|1 \\| x &lt;b>" in text
    assert "<b>" not in text


def test_the_command_needs_nothing_but_the_file_and_a_key(tmp_path: Path, book: Book) -> None:
    file = put(tmp_path, book.statement().file)
    key = put(tmp_path, text_of(book.public_keys[-1]), "key.pub")
    script = (
        "import sys; from revops.verify_statement import main; code = main(sys.argv[1:]); "
        "print([name for name in ('sqlalchemy', 'pydantic', 'structlog', 'statemachine', 'holidays') "
        "if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(file), "--public-key", str(key)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The statement of acme for 2026-10 is right")
    assert done.stdout.endswith("[]\n")


def test_the_command_ends_with_1_for_a_problem_and_2_for_bad_input(
    tmp_path: Path, book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = text_of(book.public_keys[-1])
    text = tampered(book, WAYS["change a total"].tamper, random.Random(1), how="hashed")
    assert main([str(put(tmp_path, text)), "--public-key", ours]) == 1
    assert "This statement is not right." in capsys.readouterr().out
    assert main([str(tmp_path / "nowhere"), "--public-key", ours]) == 2
    assert "No such file" in capsys.readouterr().err
    assert main([str(tmp_path / "statement.json"), "--public-key", "x"]) == 2
    assert "leaks decisions keys list" in capsys.readouterr().err
    with pytest.raises(SystemExit) as refused:
        main([str(tmp_path / "statement.json")])
    assert refused.value.code == 2
    with pytest.raises(DecisionInputError):
        check_file(tmp_path / "statement.json", ["é"])
    assert public(book.keys[-1]) == book.public_keys[-1]
