"""`python -m ingestion.stripe` lands the configured account once, without models or pages."""

import sys

from ingestion.errors import IngestionError
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from ingestion.stripe.landing import load


def main() -> int:
    """Prints what landed; a failure is said on stderr and gives 1."""
    profile = Profile.from_environment()
    try:
        with writer_lock(profile):
            report = load(profile)
    except IngestionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    landed = ", ".join(f"{table} {rows}" for table, rows in report.rows.items()) or "nothing new"
    sys.stdout.write(f"{landed}; as of {report.source_now:%Y-%m-%dT%H:%M:%SZ}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
