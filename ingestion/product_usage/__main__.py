"""`python -m ingestion.product_usage` lands the configured logs once, by the default mapping, without models."""

import sys

from ingestion.errors import IngestionError
from ingestion.lock import writer_lock
from ingestion.product_usage.landing import load
from ingestion.profile import Profile


def main() -> int:
    """Prints what landed; a failure is said on stderr and gives 1."""
    profile = Profile.from_environment()
    try:
        with writer_lock(profile):
            report = load(profile)
    except IngestionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    landed = ", ".join(f"{kind} {rows}" for kind, rows in report.rows.items())
    sys.stdout.write(f"{landed}; quarantined {report.quarantined}; {report.seconds:.1f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
