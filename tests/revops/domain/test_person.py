"""Who somebody is, and what their role lets them do: default deny."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from revops.domain.person import ROLES, Membership, Person, PersonError, Role, acting_as, check_person_id, check_role

AT = datetime(2026, 11, 12, 12, tzinfo=UTC)
ANN, BOB, CAT = "slack:T1:ANN", "web:bob@example.com", "cli:cat"


def member(
    person_id: str, role: Role, *, name: str | None = None, to: str | None = None, until: datetime | None = None
) -> Membership:
    return Membership(person_id, role, name, to, until)


def members(*those: Membership) -> dict[str, Membership]:
    return {one.person_id: one for one in those}


@pytest.mark.parametrize(
    ("role", "may"),
    [("viewer", ["viewer"]), ("approver", ["viewer", "approver"]), ("admin", ["viewer", "approver", "admin"])],
)
def test_a_role_includes_those_below_it_and_none_above(role: Role, may: list[str]) -> None:
    assert [one for one in ROLES if Person(ANN, role).is_at_least(one)] == may


def test_a_role_is_one_of_three_and_anything_else_is_told_which() -> None:
    assert [check_role(one) for one in ("viewer", "approver", "admin")] == ["viewer", "approver", "admin"]
    for wrong in ("owner", "Admin", "", "admin "):
        with pytest.raises(PersonError) as refused:
            check_role(wrong)
        assert str(refused.value) == f"{wrong} is no role: viewer, approver, admin."


@pytest.mark.parametrize(
    "person_id", ["slack:T012:U034", "web:ada@example.com", "cli:ada", "web:" + "a" * 196, "web:a:b:c"]
)
def test_a_person_is_known_by_where_and_who(person_id: str) -> None:
    assert check_person_id(person_id) == person_id


@pytest.mark.parametrize(
    "person_id",
    [
        "Ada Lovelace",
        "",
        "web",
        "web:",
        ":ada",
        "teams:T1:ada",
        "web:a\nb",
        "web:a\u202eb",
        "web:" + "a" * 197,
    ],
)
def test_a_name_that_says_not_where_is_no_person(person_id: str) -> None:
    with pytest.raises(PersonError) as refused:
        check_person_id(person_id)
    assert str(refused.value) == f"{person_id!r} is no person: slack:<team>:<user>, web:<e-mail> or cli:<user>."


@pytest.mark.parametrize("person_id", ["slack:U034", "slack:T012:U034:more", "slack:ada"])
def test_a_slack_user_is_one_of_a_team_because_user_ids_repeat_elsewhere(person_id: str) -> None:
    with pytest.raises(PersonError) as refused:
        check_person_id(person_id)
    assert "slack:<team id>:<user id>, for example slack:T012:U034." in str(refused.value)
    assert repr(person_id) in str(refused.value)


def test_a_stranger_is_nobody_even_where_others_have_roles() -> None:
    assert acting_as("web:stranger@example.com", members(member(ANN, "admin"), member(BOB, "viewer")), AT) is None


def test_somebody_acts_in_their_own_role_under_their_own_name() -> None:
    known = members(member(ANN, "approver", name="Ann"), member(BOB, "admin", name="Bob"))
    assert acting_as(ANN, known, AT) == Person(ANN, "approver", "Ann", None)


def test_a_stand_in_has_the_lent_role_and_the_record_says_whose_it_is() -> None:
    known = members(
        member(ANN, "admin", name="Ann", to=BOB, until=AT + timedelta(seconds=1)), member(BOB, "viewer", name="Bob")
    )
    assert acting_as(BOB, known, AT) == Person(BOB, "admin", "Bob", stands_in_for=ANN)
    assert acting_as(ANN, known, AT) == Person(ANN, "admin", "Ann"), "lending takes nothing away"


def test_who_has_no_role_of_their_own_may_stand_in_and_loses_it_at_the_very_end() -> None:
    known = members(member(ANN, "approver", to=CAT, until=AT))
    assert acting_as(CAT, known, AT - timedelta(microseconds=1)) == Person(CAT, "approver", None, stands_in_for=ANN)
    assert acting_as(CAT, known, AT) is None


def test_a_delegation_to_one_person_gives_nothing_to_another() -> None:
    known = members(member(ANN, "admin", to=BOB, until=AT + timedelta(days=1)), member(CAT, "viewer"))
    assert acting_as(CAT, known, AT) == Person(CAT, "viewer")


def test_a_delegation_without_an_end_is_none() -> None:
    assert acting_as(BOB, members(member(ANN, "admin", to=BOB), member(BOB, "viewer")), AT) == Person(BOB, "viewer")


def test_of_several_that_lend_the_highest_role_counts_and_of_equal_ones_their_own() -> None:
    until = AT + timedelta(days=1)
    lent = [member(ANN, "approver", to=CAT, until=until), member(BOB, "admin", to=CAT, until=until)]
    for order in (lent, lent[::-1]):
        assert acting_as(CAT, members(*order), AT) == Person(CAT, "admin", None, stands_in_for=BOB)
        own = members(*order, member(CAT, "admin", name="Cat"))
        assert acting_as(CAT, own, AT) == Person(CAT, "admin", "Cat")
