"""The tenant's own table of which account of the product is which Stripe customer."""

from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion import versions
from ingestion.erasure.in_force import current
from ingestion.errors import ProductUsageError
from ingestion.product_usage import sql, tables
from ingestion.product_usage.files import UnreadableError, form_of, stretch_of
from ingestion.product_usage.header import sample
from ingestion.product_usage.mapping import UsageMapping
from ingestion.product_usage.places import places
from ingestion.product_usage.schema import ACCOUNT_LINK, DATASET
from ingestion.profile import Profile


def land_links(profile: Profile, mapping: UsageMapping, spool: Path) -> int:
    """Replaces `account_link` by what the mapping table says now; returns its number of rows.

    Raises ProductUsageError where the table is not there, or has no such columns.
    """
    rows = _read(mapping, spool) if mapping.account_links else []
    table = pa.Table.from_pylist(
        [
            {"tenant_id": profile.tenant_id, "account_id": account, "customer_id": customer, "origin": origin}
            for account, customer, origin in rows
        ],
        schema=ACCOUNT_LINK,
    )
    landed = versions.read(profile, f"select * from {DATASET}.account_link")
    if landed != table.to_pylist():
        versions.replace(profile, DATASET, {"account_link": table})
    return len(rows)


def _read(mapping: UsageMapping, spool: Path) -> list[tuple[str, str, str]]:
    found_files, found_tables = places(mapping.account_links)
    wanted = (mapping.link_account, mapping.link_customer)
    rows: set[tuple[str, str, str]] = set()
    for table in found_tables:
        names = tables.column_names(table)
        _check(table.origin, names, wanted)
        target = spool / "links.parquet"
        count, _ = tables.read_table(table, wanted, wanted[0], None, 0, target)
        if count:
            rows |= _rows(sql.scan("parquet", [str(target)], wanted, ""), wanted, table.origin)
    for path in found_files:
        try:
            names, delimiter = sample(path)
            stretch = stretch_of(path, None, spool, names, delimiter)
        except UnreadableError as error:
            raise ProductUsageError(f"product_usage.mapping_table: {path}: {error}") from error
        _check(str(path), names, wanted)
        rows |= _rows(sql.scan(form_of(path), [str(stretch.path)], names, delimiter), wanted, str(path))
    erased = current()
    if erased is not None:
        rows = {(erased.within(account), customer, origin) for account, customer, origin in rows}
    return sorted(rows)


def _check(origin: str, names: tuple[str, ...], wanted: tuple[str, str]) -> None:
    absent = [name for name in wanted if name not in names]
    if absent:
        raise ProductUsageError(
            f"product_usage.mapping_table: {origin} has no {' and no '.join(absent)}; its fields are: "
            f"{', '.join(names)}. Say in the policy under product_usage.mapping_table which are meant"
        )


def _rows(relation: str, wanted: tuple[str, str], origin: str) -> set[tuple[str, str, str]]:
    account, customer = (f"nullif(trim(cast({sql.quoted(name)} as varchar)), '')" for name in wanted)
    with duckdb.connect() as connection:
        found = connection.execute(f"select distinct {account} as a, {customer} as c from {relation}").fetchall()
    return {(account, customer, origin) for account, customer in found if account and customer}
