"""What an erasure took out does not come back, whichever way it arrives; what it left is found to be the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ingestion.erasure.pseudonyms import is_erased
from ingestion.erasure.washing import MARK
from ingestion.errors import UnknownCustomerError
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from ingestion.stripe.events.delivered import land_delivered
from ingestion.stripe.resources import TABLES
from tests.ingestion.erasure.conftest import Erase
from tests.ingestion.landed import (
    customer,
    event,
    from_export,
    invoice,
    land,
    newest,
    quarantine,
    rows,
    version_count,
    versions,
    write_lines,
)
from tests.ingestion.product_usage.logs import land as land_logs
from tests.ingestion.product_usage.logs import lines, login, write

JANE = "jane@roe.example"
WHO = {"email": JANE, "name": "Jane Roe", "phone": "+1 555 0100"}
PAYER = {"billing_details": {"name": "Jane Roe", "email": JANE}}


def charge(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"ch_{number}",
        "object": "charge",
        "created": 1_700_000_000,
        "livemode": True,
        "currency": "usd",
        "amount": 1,
        "amount_captured": 1,
        "amount_refunded": 0,
        **more,
    }


def dispute(number: int, charge: str) -> dict[str, Any]:
    evidence = {"customer_name": "Jane Roe", "customer_email_address": JANE}
    about = {"id": f"dp_{number}", "object": "dispute", "created": 1_700_000_001, "livemode": True, "currency": "usd"}
    return {**about, "amount": 1, "charge": charge, "evidence": evidence, "evidence_details": {"has_evidence": True}}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    write_lines(folder / "customer.jsonl", [customer(1, **WHO), customer(2, name="John", email="john@doe.example")])
    write_lines(folder / "invoice.jsonl", [invoice(1, customer_email=JANE, customer_name="Jane Roe")])
    write_lines(folder / "charge.jsonl", [charge(1, customer="cus_1", **PAYER)])
    write_lines(folder / "dispute.jsonl", [dispute(1, "ch_1")])
    return folder


def texts(profile: Profile) -> str:
    """Everything that has landed."""
    return "\n".join(str(rows(profile, f"select * from stripe.{table}")) for table in TABLES).lower()


def test_every_version_loses_the_person_and_keeps_its_figures(profile: Profile, export: Path, erase: Erase) -> None:
    land(profile, from_export(export))
    before, count = newest(profile, "invoice")["in_1"], version_count(profile)
    person = erase(profile, "cus_1")
    assert person.sought.keys() >= {JANE, "Jane Roe", "+1 555 0100"}
    assert not [word for word in (*person.sought, "roe.example") if word.lower() in texts(profile)]
    after = newest(profile, "invoice")["in_1"]
    assert {name for name in before if before[name] != after[name]} == {"customer_email", "customer_name"}
    assert newest(profile, "dispute")["dp_1"]["evidence"] == {}
    assert newest(profile, "customer")["cus_2"]["email"] == "john@doe.example"
    assert version_count(profile) == count


def test_the_same_export_read_again_lands_nothing(profile: Profile, export: Path, erase: Erase) -> None:
    land(profile, from_export(export))
    erase(profile, "cus_1")
    landed = versions(profile)
    for file in export.iterdir():
        # Other bytes that say the same: each line is parsed anew.
        file.write_text("".join(f"{line} \n" for line in file.read_text().splitlines()))
    assert land(profile, from_export(export)).rows == {}
    assert versions(profile) == landed


def test_an_event_that_names_the_person_lands_without_them(profile: Profile, export: Path, erase: Erase) -> None:
    land(profile, from_export(export))
    erase(profile, "cus_1")
    told = event(1, 1_800_000_000, "customer.updated", customer(1, **{**WHO, "email": "new@roe.example"}, balance=5))
    told["data"]["previous_attributes"] = {"email": JANE}
    with writer_lock(profile):
        land_delivered(profile, from_export(export), [orjson.dumps(told)])
    assert newest(profile, "customer")["cus_1"]["balance"] == 5
    assert is_erased(newest(profile, "customer")["cus_1"]["email"])
    assert not [word for word in (JANE, "new@roe", "jane roe") if word in texts(profile)]


def test_an_event_that_cannot_be_understood_keeps_no_text(profile: Profile, export: Path, erase: Erase) -> None:
    land(profile, from_export(export))
    erase(profile, "cus_1")
    told = event(1, 1_800_000_000, "customer.updated", customer(1, **WHO, currency="xyz"))
    with writer_lock(profile):
        land_delivered(profile, from_export(export), [orjson.dumps(told)])
    assert [row["raw_text"] for row in quarantine(profile)] == [MARK]


def test_a_dispute_that_lands_with_its_charge_loses_its_evidence(profile: Profile, export: Path, erase: Erase) -> None:
    land(profile, from_export(export))
    erase(profile, "cus_1")
    write_lines(export / "charge.jsonl", [charge(1, customer="cus_1", **PAYER), charge(2, customer="cus_1", **PAYER)])
    write_lines(export / "dispute.jsonl", [dispute(1, "ch_1"), dispute(2, "ch_2"), dispute(3, "ch_3")])
    land(profile, from_export(export))
    evidence = {id: value["evidence"] for id, value in newest(profile, "dispute").items()}
    assert (evidence["dp_1"], evidence["dp_2"]) == ({}, {})
    assert evidence["dp_3"]["customer_name"] == "Jane Roe", "nobody knows whose it is"
    assert is_erased(evidence["dp_3"]["customer_email_address"])


def test_an_address_that_another_customer_has_stays_with_that_one(profile: Profile, export: Path, erase: Erase) -> None:
    write_lines(export / "customer.jsonl", [customer(1, **WHO), customer(2, email=JANE.upper())])
    land(profile, from_export(export))
    person = erase(profile, "cus_1")
    assert person.also == ("cus_2",)
    assert JANE not in person.sought
    assert newest(profile, "customer")["cus_2"]["email"] == JANE.upper()
    assert is_erased(newest(profile, "customer")["cus_1"]["email"])


def test_logs_lose_addresses_and_keep_users_and_accounts_apart(
    profile: Profile, export: Path, tmp_path: Path, erase: Erase
) -> None:
    land(profile, from_export(export))
    entries = [
        login(1, email="ann@roe.example", user_id="u_1"),
        login(1, email="bob@roe.example", user_id="bob@roe.example"),
        {"email": JANE, "ts": login(1)["ts"], "method": "google"},
        login(2, email="john@doe.example"),
    ]
    path = write(tmp_path / "login.jsonl", lines(entries))
    land_logs(profile, path)
    who = "select account_id, user_id, user_email from product.login order by row_key"
    before = rows(profile, who)
    erase(profile, "cus_1")
    after = rows(profile, who)
    assert "roe.example" not in str(after)
    assert [row["account_id"] for row in after] == [row["account_id"] for row in before]
    assert len({row["user_email"] for row in after}) == 4
    assert {row["user_email"] for row in after if row["account_id"] == "cus_2"} == {"john@doe.example"}
    emails = [newest(profile, "customer")["cus_1"]["email"]]
    assert [row["user_email"] for row in after if row["account_id"] is None] == emails, "they still find each other"


def test_logs_that_are_read_again_land_nothing_and_later_ones_without_addresses(
    profile: Profile, export: Path, tmp_path: Path, erase: Erase
) -> None:
    land(profile, from_export(export))
    entries = [login(1, email="ann@roe.example"), {"email": JANE, "ts": login(5)["ts"], "method": "google"}]
    land_logs(profile, write(tmp_path / "login.jsonl", lines(entries)))
    erase(profile, "cus_1")
    known = {row["user_email"] for row in rows(profile, "select user_email from product.login")}
    assert sum(land_logs(profile, write(tmp_path / "again" / "login.jsonl", lines(entries))).rows.values()) == 0
    later = [login(1, ts=login(9)["ts"], email="ann@roe.example"), login(1, email="new@roe.example"), login(7)]
    later.append({"email": JANE, "ts": login(10)["ts"], "method": "google"})
    assert sum(land_logs(profile, write(tmp_path / "login2.jsonl", lines(later))).rows.values()) == 4
    found = {row["user_email"] for row in rows(profile, "select user_email from product.login")}
    assert "roe.example" not in str(found)
    assert known < found
    assert len(found - known - {None}) == 1, "the new user has a pseudonym of their own"


def test_a_customer_nobody_has_heard_of_is_refused(profile: Profile, export: Path, erase: Erase) -> None:
    with pytest.raises(UnknownCustomerError, match="nothing was changed"):
        erase(profile, "cus_1")
    land(profile, from_export(export))
    with pytest.raises(UnknownCustomerError, match="cus_9"):
        erase(profile, "cus_9")


def test_a_second_erasure_hides_a_domain_of_the_first(profile: Profile, export: Path, erase: Erase) -> None:
    write_lines(export / "customer.jsonl", [customer(1, **WHO), customer(2, email="john@roe.example")])
    land(profile, from_export(export))
    erase(profile, "cus_1")
    assert newest(profile, "customer")["cus_1"]["email"].endswith("@roe.example"), "others have it"
    erase(profile, "cus_2")
    assert "roe.example" not in texts(profile)
