"""Trials: too long, pushed on, paused and still used; and those that are as they should be."""

from __future__ import annotations

from datetime import UTC, datetime

from ..calendar import DAY, HOUR
from ..contract import Contract
from ..deck import Role
from ..life import Life, Process
from .common import Story, buys, comes, days_before, sign_up_time
from .ordinary import wanders

_STANDARD = 14


def _overlong(life: Life, contract: Contract, cause: str) -> None:
    start = contract.payload["start_date"]
    life.note(
        "trial_overlong",
        cause,
        contract.payload["id"],
        detectable_at=start + (_STANDARD + 1) * DAY + 1,
        monthly_while_open=contract.list_value(),
        open_since=start + _STANDARD * DAY,
        note="monthly list value x 12 / 365 x whole days since the standard end",
    )


def _trial(days_ago: float | None, length: float | None) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """A trial without a contract that goes on for longer than is standard."""
        age = days_ago or life.random.randrange(20, 75)
        yield days_before(life, age)
        contract = buys(comes(life), trial_days=length or age + life.random.randrange(10, 40))
        _overlong(life, contract, "long_from_the_start")

    return story


def pushed(life: Life, _role: Role) -> Process:
    """Somebody moved the trial's end, again and again."""
    age = life.random.randrange(40, 80)
    yield days_before(life, age)
    contract = buys(comes(life), trial_days=_STANDARD)
    yield life.at + 12 * DAY
    contract.extend_trial(life.at + 16 * DAY)
    yield life.at + 13 * DAY
    contract.extend_trial(life.at + age * DAY)
    start = contract.payload["start_date"]
    life.note(
        "trial_pushed",
        "pushed_twice",
        contract.payload["id"],
        detectable_at=life.at,
        monthly_while_open=contract.list_value(),
        open_since=start + _STANDARD * DAY,
        note="the same money as trial_overlong of this subscription",
    )
    _overlong(life, contract, "pushed_twice")


def _paused(*, is_used: bool) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """No way to pay at the trial's end: the subscription is paused."""
        yield days_before(life, life.random.randrange(26, 75))
        customer = comes(life, has_card=False)
        contract = buys(customer, trial_days=_STANDARD, without_method="pause", users=2)
        end = contract.period_end
        yield end + 1
        if not is_used:
            customer.activity.stop()
            life.note("paused_after_trial", "paused_and_gone", contract.payload["id"], note="nobody uses it")
            return
        yield end + 8 * DAY
        used = [at for rows in (life.logins, life.usage) for at, _ in rows if at > end]
        life.note(
            "paused_after_trial",
            "paused_and_used",
            contract.payload["id"],
            detectable_at=min(used),
            monthly_while_open=contract.list_value(),
            open_since=end,
            note="monthly list value x 12 / 365 x whole days since the trial's end",
        )

    return story


def abandoned(life: Life, _role: Role) -> Process:
    """Tried it for some days and never came back."""
    yield sign_up_time(life)
    customer = comes(life, has_card=False)
    buys(customer, trial_days=_STANDARD, without_method="cancel")
    yield life.at + life.random.randrange(1, 8) * DAY
    customer.activity.stop()


def running(life: Life, _role: Role) -> Process:
    """On trial, within the standard time."""
    yield days_before(life, life.random.randrange(2, 13)) + HOUR
    contract = buys(comes(life), trial_days=_STANDARD)
    life.note("trial_overlong", "standard_trial", contract.payload["id"], note="ends in time")


def extended_once(life: Life, _role: Role) -> Process:
    """A week more, then paying."""
    yield days_before(life, life.random.randrange(60, 240))
    customer = comes(life)
    contract = buys(customer, trial_days=_STANDARD)
    yield life.at + 12 * DAY
    contract.extend_trial(life.at + 9 * DAY)
    life.note("trial_pushed", "extended_once", contract.payload["id"], note="pays since")
    yield from wanders(customer, contract)


def pilot(life: Life, _role: Role) -> Process:
    """A pilot under contract, longer than other trials."""
    age = life.random.randrange(30, 70)
    yield days_before(life, age)
    until = datetime.fromtimestamp(life.world.anchor + 50 * DAY, UTC).date().isoformat()
    customer = comes(life)
    contract = buys(
        customer,
        "enterprise",
        interval="year",
        trial_days=age + 50,
        metadata={"contract_id": f"MSA-{life.random.randrange(10_000, 99_999)}", "pilot_until": until},
    )
    life.note("trial_overlong", "pilot_under_contract", contract.payload["id"], note="contract_id and pilot_until")


STORIES: dict[str, Story] = {
    "trial_overlong": _trial(None, None),
    "trial_pushed": pushed,
    "trial_paused_and_used": _paused(is_used=True),
    "trial_paused": _paused(is_used=False),
    "trial_abandoned": abandoned,
    "trial_running": running,
    # A day more than the standard is granted: a day either side.
    "trial_day_fifteen": _trial(15, 19),
    "trial_day_sixteen": _trial(16, 19),
    "trial_extended_once": extended_once,
    "pilot": pilot,
}
