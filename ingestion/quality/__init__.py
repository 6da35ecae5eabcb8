"""The quality gate: what just landed is checked before anything is built from it.

`remember(profile)` comes before a landing, `check(profile)` after it. SQL gathers small facts about the new rows (which
currencies occur and how often, how many references lead nowhere), Great Expectations judges them, and each check is
*critical* (the load is suspect: nothing is built or published, and it is taken back), or a *warning*. Where only single
rows are at fault they go to quarantine and the rest goes on. The thresholds and their reasons stand in `rows`,
`references`, `loads` and `results`.

Nothing heavy is imported here: Great Expectations costs seconds and is imported only where something landed.
"""

from ingestion.profile import Profile
from ingestion.quality.report import QualityReport, Result

__all__ = ["QualityReport", "Result", "check", "remember", "stored"]


def remember(profile: Profile) -> None:
    """Before a landing; see `ingestion.quality.accepted.remember`."""
    from ingestion.quality import accepted

    accepted.remember(profile)


def check(profile: Profile, *, is_accepted: bool = False) -> QualityReport:
    """After a landing; see `ingestion.quality.gate.check`."""
    from ingestion.quality import gate

    return gate.check(profile, is_accepted=is_accepted)


def stored(profile: Profile) -> QualityReport:
    """The results of the last check; see `ingestion.quality.table.stored`."""
    from ingestion.quality import table

    return table.stored(profile)
