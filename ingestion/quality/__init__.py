"""The quality gate: what just landed is checked before anything is built from it.

`remember(profile)` comes before a landing, `check(profile)` after it. SQL gathers small facts about the new rows (which
currencies occur and how often, how many references lead nowhere), Great Expectations judges them, and each check is
*critical* (the load is suspect: nothing is built or published, and it is taken back), or a *warning*. Where only single
rows are at fault they go to quarantine and the rest goes on. The thresholds and their reasons stand in `rows`,
`references`, `loads` and `results`.

Nothing heavy is imported here: Great Expectations costs seconds and is imported only where something landed.
"""

from ingestion.profile import Profile
from ingestion.quality.report import PRODUCT, STRIPE, QualityReport, Result

__all__ = ["PRODUCT", "QualityReport", "Result", "check", "check_usage", "remember", "stored"]


def remember(profile: Profile) -> None:
    """Before a landing; see `ingestion.quality.accepted.remember`."""
    from ingestion.quality import accepted

    accepted.remember(profile)


def check(profile: Profile, *, is_accepted: bool = False) -> QualityReport:
    """After a landing; see `ingestion.quality.gate.check`."""
    from ingestion.quality import gate

    return gate.check(profile, is_accepted=is_accepted)


def stored(profile: Profile, part: str = STRIPE) -> QualityReport:
    """The results of the last check of Stripe's tables, or of the logs (PRODUCT); see `ingestion.quality.table`."""
    from ingestion.quality import table

    return table.stored(profile, part)


def check_usage(profile: Profile) -> QualityReport:
    """After a landing of the product's logs; see `ingestion.quality.usage.check_usage`."""
    from ingestion.quality import usage

    return usage.check_usage(profile)
