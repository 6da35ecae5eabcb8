"""What is known of one customer in a warehouse: objects, accounts of the product, and the words that identify them."""

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import orjson

from ingestion.erasure.erased import FOLLOWERS, LINKS, Erased, Erasure
from ingestion.erasure.pseudonyms import ADDRESS, Pseudonyms, digest, is_erased
from ingestion.erasure.washing import MARK, wash
from ingestion.errors import UnknownCustomerError
from ingestion.product_usage.schema import DATASET as PRODUCT
from ingestion.profile import Profile
from ingestion.stripe.resources import TABLES

FREE_MAIL = Path(__file__).parents[2] / "dbt_project" / "seeds" / "free_mail_domains.csv"
_OWNERS = ("charge", "payment_intent")
# What is looked for in every file. Bank accounts and the like stand in payloads only, and free text is of no one word.
_SOUGHT = frozenset({"email", "name", "phone", "address"})
_SHORTEST_SOUGHT = 6
_SENTENCES = frozenset({"text", "link"})


@dataclass(frozen=True)
class Person:
    """One customer of a tenant.

    `words` are what identifies them in objects, each with what takes its place; `sought` those that are nobody else's,
    long enough to mean this person wherever they stand. `also` are other customers with the same address, which they
    keep. `object_ids` are all ids that are theirs, `charges` those by which disputes and refunds are known.
    """

    customer_id: str
    words: dict[str, str] = field(repr=False)
    sought: dict[str, str] = field(repr=False)
    accounts: tuple[str, ...]
    emails: tuple[str, ...] = field(repr=False)
    hidden_domains: tuple[str, ...] = field(repr=False)
    also: tuple[str, ...]
    object_ids: frozenset[str]
    charges: tuple[str, ...]

    def erasure(self, salt: str, erased_at: datetime) -> Erasure:
        """What is kept to know them again."""
        emails = tuple(sorted(digest(email, salt) for email in self.emails))
        domains = tuple(sorted(digest(domain, salt) for domain in self.hidden_domains))
        return Erasure(self.customer_id, salt, self.accounts, emails, domains, erased_at)


def find_person(profile: Profile, customer_id: str, salt: str) -> Person:
    """Everything that is known of a customer; the caller holds `writer_lock`.

    Raises UnknownCustomerError where no object names them.
    """
    if not profile.warehouse.exists():
        raise UnknownCustomerError(f"{profile.tenant_dir} holds no account yet; nothing was changed")
    with duckdb.connect(str(profile.warehouse)) as connection:
        return _Search(connection, profile, customer_id, salt).person()


class _Search:
    def __init__(self, connection: duckdb.DuckDBPyConnection, profile: Profile, customer_id: str, salt: str) -> None:
        self._connection = connection
        self._raw = profile.dataset
        self._home = profile.tenant_dir
        self._id = customer_id
        self._salt = salt

    def person(self) -> Person:
        ids = self._object_ids()
        objects = [*self._objects(ids)]
        if not objects:
            raise UnknownCustomerError(
                f"no object of a customer {self._id} has landed in {self._home}; nothing was changed. Customers of "
                'Stripe are called cus_...: `leaks sql "select customer_id, name, email from customers"` shows them'
            )
        said: dict[tuple[str, str], str | None] = {}
        for value in objects:
            said |= wash(value, Pseudonyms(self._salt)).said
        own = {text.strip().lower() for kind, text in said if kind == "email" and ADDRESS.fullmatch(text.strip())}
        others = self._emails_of_customers()
        accounts, users = self._accounts(own - others.keys())
        said |= {("email", text): None for text in users}
        elsewhere = self._users_of_others(accounts)
        mine = sorted((own | users - elsewhere) - others.keys())
        domains = self._hidden(mine, others.keys() | elsewhere)
        pseudonyms = Pseudonyms(self._salt, {digest(domain, self._salt) for domain in domains})
        words = {
            text: pseudonyms.of(text) if kind == "email" else MARK for kind, text in said if kind not in _SENTENCES
        }
        words |= {domain: pseudonyms.domain(domain) for domain in domains}
        theirs = others.keys() | (elsewhere - own)
        sought = self._sought(said, words, theirs) | {domain: words[domain] for domain in domains}
        return Person(
            customer_id=self._id,
            words=words,
            sought=sought,
            accounts=tuple(sorted(account for account in accounts if not ADDRESS.fullmatch(account))),
            emails=tuple(mine),
            hidden_domains=tuple(sorted(domains)),
            also=tuple(sorted({customer for email in own for customer in others.get(email, ()) if customer})),
            object_ids=frozenset({self._id, *ids, *accounts, *(str(value["id"]) for value in objects)}),
            charges=tuple(sorted(ids)),
        )

    def _object_ids(self) -> set[str]:
        union = " union ".join(
            f"select id from {self._raw}.{table} where (payload ->> '$.customer') = $id" for table in _OWNERS
        )
        return {id for (id,) in self._connection.execute(union, {"id": self._id}).fetchall()}

    def _objects(self, ids: Collection[str]) -> Iterable[Any]:
        """Every version of every object of the customer."""
        owner = Erased([Erasure(self._id, self._salt, (), (), (), datetime.now(UTC))], ids)
        links = " or ".join(f"list_contains($ids, payload ->> '$.{link}')" for link in LINKS)
        for table in TABLES:
            is_follower = table in FOLLOWERS
            cursor = self._connection.cursor().execute(
                f"select payload from {self._raw}.{table} where contains(payload, $id){f' or {links}' * is_follower}",
                {"id": self._id} | ({"ids": sorted(ids)} if is_follower else {}),
            )
            while rows := cursor.fetchmany(1_000):
                yield from (value for (payload,) in rows if owner.owns(value := orjson.loads(payload)))

    def _has(self, schema: str, table: str) -> bool:
        sql = "select 1 from duckdb_tables() where schema_name = ? and table_name = ?"
        return self._connection.execute(sql, [schema, table]).fetchone() is not None

    def _accounts(self, emails: Collection[str]) -> tuple[set[str], set[str]]:
        """Accounts of the product that are this customer's, and the addresses of their users.

        Who logs in without an account is known by address: these are the customer's own.
        """
        if not self._has(PRODUCT, "login"):
            return set(), set()
        matched = (
            "union select account_key from main.int_product__account_customers where customer_id = $id"
            if self._has("main", "int_product__account_customers")
            else ""
        )
        links = f"select account_id from {PRODUCT}.account_link where customer_id = $id union select $id {matched}"
        accounts = {account for (account,) in self._connection.execute(links, {"id": self._id}).fetchall()} | {*emails}
        users = {
            text
            for kind in ("login", "usage")
            for row in self._connection.execute(
                f"select distinct account_id, user_id, user_email from {PRODUCT}.{kind} "
                "where list_contains($accounts, coalesce(account_id, user_email))",
                {"accounts": sorted(accounts)},
            ).fetchall()
            for text in row
            if text and ADDRESS.fullmatch(text) and not is_erased(text)
        }
        return accounts, users

    def _emails_of_customers(self) -> dict[str, set[str]]:
        """Addresses of other customers, with the customers they are of; those that were erased are nobody's."""
        rows = self._connection.execute(
            f"select distinct id, lower(trim(payload ->> '$.email')) from {self._raw}.customer where id <> ?",
            [self._id],
        ).fetchall()
        found: dict[str, set[str]] = {}
        for customer, address in rows:
            if address and not is_erased(address):
                found.setdefault(address, set()).add(customer)
        return found

    def _users_of_others(self, accounts: Collection[str]) -> set[str]:
        """Addresses of users of other accounts of the product."""
        if not self._has(PRODUCT, "login"):
            return set()
        return {
            email
            for kind in ("login", "usage")
            for (email,) in self._connection.execute(
                f"select distinct lower(user_email) from {PRODUCT}.{kind} "
                "where user_email is not null and not list_contains($accounts, coalesce(account_id, user_email))",
                {"accounts": sorted(accounts)},
            ).fetchall()
            if not is_erased(email)
        }

    def _hidden(self, emails: Iterable[str], others: Collection[str]) -> set[str]:
        """Domains that are nobody else's."""
        taken = free_mail_domains() | {email.rpartition("@")[2] for email in others}
        return {email.rpartition("@")[2] for email in emails} - taken

    def _sought(
        self, said: Iterable[tuple[str, str]], words: dict[str, str], others: Collection[str]
    ) -> dict[str, str]:
        """The words by which this person, and nobody else, is found anywhere."""
        long = {text for kind, text in said if kind in _SOUGHT and len(text) >= _SHORTEST_SOUGHT}
        own = {text for text in long if text.strip().lower() not in others}
        self._connection.execute(
            "create or replace temp table word as select unnest($words::varchar[]) as word", {"words": sorted(own)}
        )
        catalogue = " union all ".join(
            f"select payload from {self._raw}.{table}" for table in ("product", "price", "coupon", "meter")
        )
        shared = self._connection.execute(
            f"""
            with other as (
                select payload from {self._raw}.customer where id <> $id
                union all {catalogue}
            )
            select distinct word from word join other on contains(lower(other.payload), lower(word.word))
            """,
            {"id": self._id},
        ).fetchall()
        return {text: words[text] for text in own - {text for (text,) in shared}}


@cache
def free_mail_domains() -> frozenset[str]:
    """Domains where everybody has an address."""
    with FREE_MAIL.open(newline="") as file:
        return frozenset(row["domain"] for row in csv.DictReader(file))
