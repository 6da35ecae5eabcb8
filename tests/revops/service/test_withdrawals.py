"""What a new definition asks is answered by an admin, about exactly the leaks that were shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from revops.domain.decision import DecisionRefusedError
from revops.domain.finding import Resolution
from revops.domain.leak import Leak
from revops.domain.person import Person
from revops.domain.withdrawal import Question
from revops.service.endings import Ending
from revops.service.withdrawals import Asked, Withdrawing, asked_now, withdrawal_to_ask
from revops.settings import Settings
from revops.store import Store
from revops.store.signing_keys import load_signer
from revops.store.withdrawals import Withdrawals
from tests.revops.store.filled import AT
from tests.revops.store.proposed import TENANT, leak, person

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")

ADA, BOB = Person("web:ada@example.com", "admin"), Person("cli:bob", "admin")


def opened(number: int, amount_minor: int = 10_00, currency: str = "usd") -> Leak:
    """A leak as it is kept."""
    new = leak(number, amount_minor, currency)
    kept = {"leak_id": f"l{number}", "tenant_id": TENANT, "status": "open", "resolution": None, "owner": None}
    times = {"opened_at": AT, "closed_at": None, "resolved_at": None, "updated_at": AT}
    return Leak(**vars(new), **kept, **times)  # type: ignore[arg-type]


def ending(one: Leak, definition: str = "d2", ends_as: str = "withdrawn") -> Ending:
    how = Resolution(one.leak_type, "invoice", one.object_id, "below_minimum", None, ends_as, definition)  # type: ignore[arg-type]
    return Ending(one, how, AT)


OPEN = [opened(number) for number in range(10)]
TWO = [ending(OPEN[0]), ending(OPEN[1])]


def question(found: Sequence[Ending], status: str = "asked") -> Question:
    asked = withdrawal_to_ask(OPEN, found)
    assert asked is not None
    return Question(asked.withdrawal_id, status, {}, AT, None, None)  # type: ignore[arg-type]


def test_what_is_asked_names_every_leak_and_sums_per_currency() -> None:
    yen = [opened(20, 5_000, "jpy"), opened(21, 5_000, "jpy")]
    found = [*TWO, ending(yen[0])]
    everything = [*OPEN, *yen]
    withdrawal = withdrawal_to_ask(everything, found)
    assert withdrawal is not None
    held = asked_now([replace(question(TWO), withdrawal_id=withdrawal.withdrawal_id)], everything, found)
    assert held is not None
    assert held.leak_ids == {"l0", "l1", "l20"}
    assert held.withdrawal.withdrawn_minor == {"usd": 20_00, "jpy": 5_000}
    assert held.withdrawal.open_minor == {"usd": 100_00, "jpy": 10_000}


def test_what_was_paid_or_ends_by_its_own_definition_is_in_no_question() -> None:
    found = [*TWO, ending(OPEN[2], ends_as="collected"), ending(OPEN[3], definition="d1")]
    held = asked_now([question(TWO)], OPEN, found)
    assert held is not None
    assert held.leak_ids == {"l0", "l1"}


@pytest.mark.parametrize(("status", "is_asked"), [("asked", True), ("refused", True), ("confirmed", False)])
def test_a_no_can_be_taken_back_and_a_yes_needs_no_answer(status: str, is_asked: bool) -> None:
    assert (asked_now([question(TWO, status)], OPEN, TWO) is not None) is is_asked


def test_a_question_about_definitions_that_have_changed_since_is_asked_no_more() -> None:
    assert asked_now([question(TWO)], OPEN, [ending(OPEN[0], "d3"), ending(OPEN[1], "d3")]) is None
    assert asked_now([question(TWO)], OPEN, TWO[:1]) is None, "a tenth needs nobody"


class Told:
    """What is published now, and the answers in a store."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.kept = Withdrawals(store, load_signer(settings))
        self.found = TWO
        asked = withdrawal_to_ask(OPEN, TWO)
        assert asked is not None
        self.kept.ask(TENANT, asked, AT)

    def look(self, _tenant_id: str, _at: datetime) -> Asked | None:
        return asked_now(self.kept.read(TENANT), OPEN, self.found)

    def say(self, answer: str, by: Person = ADA, seen: Asked | None = None) -> None:
        [one] = self.kept.read(TENANT)
        later = AT + timedelta(hours=1)
        service = Withdrawing(self.kept, self.look)
        service.answer(TENANT, one.withdrawal_id, answer, by, channel="web", at=later, seen=seen)  # type: ignore[arg-type]

    @property
    def status(self) -> str:
        [one] = self.kept.read(TENANT)
        return one.status


@pytest.fixture
def told(store: Store, store_settings: Settings) -> Told:
    person(store, ADA.person_id, "admin")
    return Told(store, store_settings)


@pytest.mark.parametrize("role", ["viewer", "approver"])
def test_who_is_no_admin_answers_nothing(told: Told, role: str) -> None:
    with pytest.raises(DecisionRefusedError, match=f"Your role here is {role}; this takes an admin"):
        told.say("confirmed", Person("web:eve@example.com", role))  # type: ignore[arg-type]
    assert told.status == "asked"


def test_a_yes_withdraws_nothing_that_was_not_shown(told: Told) -> None:
    seen = told.look(TENANT, AT)
    told.found = [*TWO, ending(OPEN[2])]
    with pytest.raises(DecisionRefusedError, match="something else would be withdrawn"):
        told.say("confirmed", seen=seen)
    assert told.status == "asked"
    told.say("refused", seen=seen)
    assert told.status == "refused", "a no keeps leaks open, whichever they are"


def test_a_yes_holds_where_less_is_left_than_was_shown(told: Told) -> None:
    told.found = [*TWO, ending(OPEN[2])]
    seen = told.look(TENANT, AT)
    told.found = TWO
    told.say("confirmed", seen=seen)
    assert told.status == "confirmed"


def test_of_two_who_answer_what_they_both_saw_the_second_is_told_who_was_first(told: Told) -> None:
    seen = told.look(TENANT, AT)
    told.say("refused", BOB, seen)
    with pytest.raises(DecisionRefusedError, match="answered meanwhile: refused") as refusal:
        told.say("confirmed", ADA, seen)
    assert refusal.value.by == BOB.person_id
    assert told.status == "refused"
    told.say("confirmed", ADA, told.look(TENANT, AT))
    assert told.status == "confirmed"
