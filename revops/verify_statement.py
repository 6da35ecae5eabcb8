"""`python -m revops.verify_statement FILE --public-key KEY`: checks a recovery statement, with nothing else.

It reads no settings and no database and needs nothing but `cryptography` and `rfc8785`, so that whoever does not trust
this installation can check what it says it earned. Exit code 0: all is right; 1: not; 2: no such file, or no statement.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from revops.domain.money import format_minor
from revops.earned.check_statement import check_statement
from revops.earned.statement import Statement, StatementInputError
from revops.earned.statement_file import read_statement
from revops.errors import RevopsError
from revops.verify_export import trusted_key


@dataclass(frozen=True)
class Checked:
    """What was found: the statement, and every problem it has."""

    statement: Statement
    problems: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, for people."""
        statement = self.statement
        if self.problems:
            count = f"{len(self.problems)} problems" if len(self.problems) > 1 else "One problem"
            return (f"This statement is not right. {count}:", *self.problems)
        lines = "its one line" if len(statement.lines) == 1 else f"all {len(statement.lines)} lines"
        sums = [f"{format_minor(one.amount_minor, one.currency)} in {one.lines} lines" for one in statement.totals]
        return (
            f"The statement of {statement.tenant_id} for {statement.month} is right: {lines}, its totals and "
            f"{len(statement.records)} signed records.",
            *sums,
            *([] if statement.is_final else ["The month was not over when it was made."]),
            f"Signed with {statement.key_id}.",
        )


def check_file(file: Path, public_keys: Sequence[str]) -> Checked:
    """Check a file; `public_keys` (base64, or files with it) are trusted.

    Raises StatementInputError for what is no statement, DecisionInputError for what is no key.
    """
    trusted = [trusted_key(one) for one in public_keys]
    try:
        text = file.read_bytes().decode("utf-8")
    except OSError as error:
        raise StatementInputError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise StatementInputError(f"{file} is no recovery statement: it is not UTF-8.") from error
    signed, misspelled = read_statement(text)
    return Checked(signed.statement, (*misspelled, *check_statement(signed, trusted)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the file that is named, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m revops.verify_statement", description="Check a statement.")
    parser.add_argument("file", type=Path, help="what `leaks statement` wrote")
    parser.add_argument(
        "--public-key", action="append", required=True, metavar="KEY", help="a key to trust: base64, or a file with it"
    )
    given = parser.parse_args(arguments)
    try:
        checked = check_file(given.file, given.public_key)
    except RevopsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in checked.lines))
    return 0 if checked.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
