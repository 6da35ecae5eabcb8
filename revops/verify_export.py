"""`python -m revops.verify_export FILE`: checks an exported decision log, with the file and a public key alone.

It reads no settings and no database and needs nothing but `cryptography` and `rfc8785`, so that whoever does not trust
this installation can check its log elsewhere. Exit code 0: all records are right; 1: not; 2: no such file.
"""

import argparse
import base64
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from revops.domain.decision_export import read_export
from revops.domain.decision_record import DecisionInputError
from revops.domain.kept_records import read_anchors
from revops.domain.record_faults import Verdict
from revops.domain.verify_records import verify

_KEY_BYTES = 32


@dataclass(frozen=True)
class Checked:
    """What was found; `problem` is about the file itself."""

    verdict: Verdict
    problem: str | None

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict.fault is None and self.problem is None

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, for people."""
        return (*self.verdict.lines, *([self.problem] if self.problem else []))


def check_export(file: Path, public_keys: Sequence[str] = (), anchors: Path | None = None) -> Checked:
    """Check a file; `public_keys` (base64, or files with it) are trusted, and `anchors` is a file kept elsewhere.

    Keys in that file are trusted too where none is given; what the export itself says of keys and anchors proves
    nothing about who wrote it. Raises DecisionInputError for what cannot be read.
    """
    export = read_export(_read(file))
    outside = read_anchors(_read(anchors)) if anchors else None
    trusted = [trusted_key(one) for one in public_keys]
    if outside is not None and not trusted:
        trusted = [one.key for one in outside.anchors]
    verdict = verify(
        export.tenant_id,
        export.records,
        known_keys=export.keys,
        trusted_keys=trusted,
        anchors=export.anchors + outside if outside else export.anchors,
        with_personal=export.with_personal,
    )
    return Checked(verdict, export.problem)


def trusted_key(given: str) -> bytes:
    """A public key that somebody was told: base64, or a file with it. Raises DecisionInputError."""
    path = Path(given)
    try:
        text = path.read_text(encoding="ascii").strip() if path.is_file() else given
        key = base64.b64decode(text, validate=True)
    except (OSError, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise DecisionInputError(f"{given} is no public key: 32 bytes in base64, as `leaks decisions keys list` shows.")
    return key


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the file that is named, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m revops.verify_export", description="Check an exported log.")
    parser.add_argument("file", type=Path, help="what `leaks decisions export` wrote")
    parser.add_argument(
        "--public-key", action="append", default=[], metavar="KEY", help="a key to trust: base64, or a file with it"
    )
    parser.add_argument("--anchors", type=Path, help="a file of anchors that was kept elsewhere")
    given = parser.parse_args(arguments)
    try:
        checked = check_export(given.file, given.public_key, given.anchors)
    except DecisionInputError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("".join(f"{line}\n" for line in checked.lines))
    return 0 if checked.is_right else 1


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise DecisionInputError(f"{path} cannot be read: {error.strerror}.") from error


if __name__ == "__main__":
    sys.exit(main())
