"""Product usage: who logged in and what was used, from the product's own logs, as append-only facts in the warehouse.

`LEAKS_PRODUCT_USAGE` names files (JSON-lines, CSV, Parquet; plain, gzip, zstd; globs) and SQL tables. DuckDB reads a
batch of files, all columns as text, and casts them into one Parquet part that dlt imports. How a row lands once:

- a file that was read is known by size and by digests of its head and tail, and is not read again; one that grew is
  read from where we stopped;
- each row has a key: of its account and idempotency key where it has one, else of its content and its place among equal
  rows of its file. Keys that are there already are left out, so that a file may be delivered again under another name,
  or a run be killed between landing and noting it;
- a row that cannot be understood is kept in quarantine with file and line, and the rest lands.

A mapping that changes is another reading of the same facts: what its files had landed is removed and read anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingestion.product_usage.landing import UsageReport


def load(*arguments: Any, **named: Any) -> UsageReport:
    """Lands everything that is new; see `ingestion.product_usage.landing.load`."""
    from ingestion.product_usage.landing import load as land_usage

    return land_usage(*arguments, **named)
