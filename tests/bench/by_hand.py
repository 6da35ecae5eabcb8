"""The same work by hand in DuckDB: what a run costs without versions, checks, tests, or anything to build on.

Not a way to do it: it keeps no history, trusts every line, and reads one shape of each object. It is the bare limit
that the product's own figures stand beside.
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.measure import Measured, run_python

_TABLES = (
    "customer",
    "subscription",
    "invoice",
    "invoice_payment",
    "charge",
    "payment_intent",
    "payment_method",
    "refund",
    "balance_transaction",
    "event",
)
_SHAPES = {
    "customer": '{"id":"VARCHAR","email":"VARCHAR","created":"BIGINT","delinquent":"BOOLEAN","metadata":"VARCHAR"}',
    "subscription": '{"id":"VARCHAR","customer":"VARCHAR","status":"VARCHAR","trial_end":"BIGINT","created":"BIGINT",'
    '"items":{"data":[{"id":"VARCHAR","quantity":"BIGINT","price":{"id":"VARCHAR","unit_amount":"BIGINT"}}]},'
    '"discounts":["VARCHAR"]}',
    "invoice": '{"id":"VARCHAR","customer":"VARCHAR","status":"VARCHAR","currency":"VARCHAR","total":"BIGINT",'
    '"amount_remaining":"BIGINT","attempt_count":"BIGINT","next_payment_attempt":"BIGINT","created":"BIGINT",'
    '"collection_method":"VARCHAR","due_date":"BIGINT",'
    '"lines":{"data":[{"id":"VARCHAR","amount":"BIGINT","quantity":"BIGINT","discount_amounts":[{"amount":"BIGINT"}]}]}}',
    "invoice_payment": '{"id":"VARCHAR","invoice":"VARCHAR","status":"VARCHAR","payment":{"payment_intent":"VARCHAR"}}',
    "charge": '{"id":"VARCHAR","payment_intent":"VARCHAR","customer":"VARCHAR","status":"VARCHAR","amount":"BIGINT",'
    '"currency":"VARCHAR","created":"BIGINT","outcome":{"reason":"VARCHAR"},'
    '"payment_method_details":{"card":{"fingerprint":"VARCHAR","last4":"VARCHAR"}}}',
    "payment_intent": '{"id":"VARCHAR","status":"VARCHAR","amount":"BIGINT","created":"BIGINT"}',
    "payment_method": '{"id":"VARCHAR","customer":"VARCHAR","card":{"fingerprint":"VARCHAR","exp_year":"BIGINT"}}',
    "refund": '{"id":"VARCHAR","charge":"VARCHAR","amount":"BIGINT","status":"VARCHAR"}',
    "balance_transaction": '{"id":"VARCHAR","source":"VARCHAR","fee":"BIGINT","net":"BIGINT","currency":"VARCHAR"}',
    "event": '{"id":"VARCHAR","type":"VARCHAR","created":"BIGINT"}',
}
_QUERIES = (
    "select o.currency, count(*), sum(o.amount_remaining) from invoice where o.status = 'open' "
    "and o.attempt_count > 0 and o.next_payment_attempt is null group by all",
    "select count(*) from subscription where o.status = 'trialing' and o.trial_end - o.created > 15 * 86400",
    "select count(*) from subscription where len(o.discounts) > 1",
    "select count(*) from (select o.payment_method_details.card.fingerprint as f, count(distinct o.customer) as n "
    "from charge group by all having n > 1)",
    "select count(*) from customer where o.id not in (select customer from login where ts > "
    "(select max(ts) from login) - 60 * 86400)",
)
_START = """
import duckdb
c = duckdb.connect()
c.execute("ATTACH '{home}/by_hand.duckdb' AS w (STORAGE_VERSION 'latest')")
c.execute("USE w")
"""


def land(folder: Path, home: Path) -> Measured:
    """Every line of the account into one table per type, unparsed, and the logins typed."""
    home.mkdir(parents=True, exist_ok=True)
    lines = [
        f'c.execute("CREATE TABLE raw_{table} AS SELECT json AS payload FROM '
        f"read_ndjson_objects('{folder}/{table}.jsonl')\")"
        for table in _TABLES
    ]
    logins = f"CREATE TABLE login AS SELECT * FROM read_json('{folder}/login.jsonl', format='newline_delimited')"
    return run_python("\n".join([_START.format(home=home), *lines, f'c.execute("{logins}")']))


def type_and_query(home: Path) -> tuple[Measured, Measured]:
    """The fields that detection needs out of every line; then five detection queries over them."""
    typed = [
        f"c.execute('''CREATE TABLE {table} AS SELECT from_json(payload, '{_SHAPES[table]}') AS o FROM raw_{table}''')"
        for table in _TABLES
    ]
    first = run_python("\n".join([_START.format(home=home), *typed]))
    queries = [f'c.execute("{query}").fetchall()' for query in _QUERIES]
    return first, run_python("\n".join([_START.format(home=home), *queries]))
