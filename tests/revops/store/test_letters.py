"""Letters never change; contacts are counted for a person; an erasure empties what names one. On both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from revops.domain.contact_hours import ContactHours
from revops.domain.contacts import Limits
from revops.domain.kept_letter import KeptLetter, NewLetter, person_of
from revops.domain.letter import Letter, TaskDraft
from revops.domain.task import Comment, Task
from revops.settings import Settings
from revops.store import Store
from revops.store.contacts import Contacts
from revops.store.erase_letters import erase_letters
from revops.store.holdout_salts import holdout_salt
from revops.store.letters import Letters
from revops.store.tasks import Tasks
from tests.revops.store.proposed import TENANT, proposed

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
WORDS = Letter("reminder", "en", "A reminder", "Please pay.", "<p>Please pay.</p>")
PERSON = person_of(TENANT, "ann@example.com")
ALWAYS = ContactHours(first=0, last=24)


@pytest.fixture
def letter(store: Store, store_settings: Settings) -> KeptLetter:
    action = proposed(store, store_settings)
    return Letters(store).keep(TENANT, new(action.leak_id), NOON)


def new(leak_id: str, **how: object) -> NewLetter:
    given = NewLetter(leak_id, "cus_0001", "reminder", "ann@example.com", "Ann", WORDS, {"tries": 3})
    return replace(given, **how)  # type: ignore[arg-type]


def test_the_same_words_to_the_same_address_are_the_same_letter(store: Store, letter: KeptLetter) -> None:
    again = Letters(store).keep(TENANT, new(letter.leak_id), NOON + timedelta(days=1))
    assert again == letter
    other = Letters(store).keep(TENANT, new(letter.leak_id, letter=replace(WORDS, subject="Another")), NOON)
    elsewhere = Letters(store).keep(TENANT, new(letter.leak_id, address="ben@example.com"), NOON)
    assert len({letter.letter_id, other.letter_id, elsewhere.letter_id}) == 3
    assert letter.recipient not in (elsewhere.recipient, "ann@example.com")


def test_a_letter_comes_back_as_it_was_kept(store: Store, letter: KeptLetter) -> None:
    assert Letters(store).get(TENANT, letter.letter_id) == letter
    assert (letter.letter, letter.address, letter.name, letter.facts) == (WORDS, "ann@example.com", "Ann", {"tries": 3})
    assert Letters(store).get("rival", letter.letter_id) is None


def test_an_erased_letter_keeps_its_hash_and_nothing_else(store: Store, letter: KeptLetter) -> None:
    assert erase_letters(store, TENANT, "cus_0001", NOON) == 1
    left = Letters(store).get(TENANT, letter.letter_id)
    assert left is not None
    assert (left.letter, left.address, left.name) == (None, None, None)
    assert (left.digest, left.recipient) == (letter.digest, letter.recipient)
    assert erase_letters(store, TENANT, "cus_0001", NOON) == 0


def reserve(store: Store, letter: KeptLetter, action_id: str, at: datetime, person: str = PERSON):
    return Contacts(store).reserve(TENANT, action_id, letter, person, at, Limits(), ALWAYS)


def test_a_place_is_taken_once_and_counts_at_once(store: Store, store_settings: Settings, letter: KeptLetter) -> None:
    first, second = proposed(store, store_settings, 2), proposed(store, store_settings, 3)
    assert reserve(store, letter, first.action_id, NOON) is None
    wait = reserve(store, letter, second.action_id, NOON + timedelta(hours=1))
    assert wait is not None
    assert wait.at == NOON + timedelta(hours=48)
    Contacts(store).release(TENANT, first.action_id)
    assert reserve(store, letter, second.action_id, NOON + timedelta(hours=1)) is None


def test_what_was_sent_is_not_released(store: Store, store_settings: Settings, letter: KeptLetter) -> None:
    action = proposed(store, store_settings, 2)
    reserve(store, letter, action.action_id, NOON)
    Contacts(store).settle(TENANT, action.action_id, "sent", "<1@x>", 0)
    Contacts(store).release(TENANT, action.action_id)
    assert Contacts(store).history(TENANT, "cus_0001", "nobody") == [NOON]


def test_one_person_under_two_customers_is_one_person(
    store: Store, store_settings: Settings, letter: KeptLetter
) -> None:
    first, second = proposed(store, store_settings, 2), proposed(store, store_settings, 3)
    reserve(store, letter, first.action_id, NOON)
    twin = replace(letter, customer_id="cus_twin")
    assert reserve(store, twin, second.action_id, NOON + timedelta(hours=1)) is not None
    assert person_of(TENANT, " ANN@Example.com") == PERSON
    assert person_of("rival", "ann@example.com") != PERSON


def test_who_takes_nothing_is_kept_for_good(store: Store) -> None:
    contacts = Contacts(store)
    assert not contacts.is_suppressed(TENANT, PERSON)
    for _ in range(2):
        contacts.suppress(TENANT, PERSON, "550", actor="system", at=NOON)
    assert contacts.is_suppressed(TENANT, PERSON)
    assert not contacts.is_suppressed("rival", PERSON)


def test_the_words_of_a_task_stay_once_it_is_open(store: Store, store_settings: Settings) -> None:
    action, tasks = proposed(store, store_settings), Tasks(store)
    for title in ("First", "Second"):
        tasks.keep(TENANT, action.leak_id, action.action_id, TaskDraft(title, "..."), NOON)
    comment = Comment("c", "Ada", NOON, "Done.")
    tasks.opened(TENANT, action.action_id, Task("t1", "REV-1", "https://x", "open", (comment,)), NOON)
    tasks.keep(TENANT, action.leak_id, action.action_id, TaskDraft("Third", "..."), NOON)
    kept = tasks.get(TENANT, action.action_id)
    assert kept is not None
    assert kept.draft == TaskDraft("Second", "...")
    assert kept.task == Task("t1", "REV-1", "https://x", "open", (comment,))
    assert [one.action_id for one in tasks.still_open(TENANT)] == [action.action_id]
    assert erase_letters(store, TENANT, "cus_0001", NOON) == 1
    assert tasks.draft_of(TENANT, action.action_id) is None


def test_the_salt_of_a_holdout_is_made_once(store: Store) -> None:
    first = holdout_salt(store, TENANT, NOON)
    assert holdout_salt(store, TENANT, NOON + timedelta(days=9)) == first
    assert len(first) == 32
