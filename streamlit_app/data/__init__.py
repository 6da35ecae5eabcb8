"""What the pages ask the published warehouse, one function per question, one file per page's subject.

A page opens `Published` once and asks everything of that one file: figures of two publications never meet
on one page. What is kept between page runs belongs to one publication, which never changes. Money comes as
integers of minor units with its currency; sums of alerts are of `counted_minor`, in which each unit of money
counts once; reviews count nowhere and are summed by what each says alone. Alerts and reviews, and one-time and
recurring amounts, are never added.
"""

from typing import Any

from revops.warehouse import Published

Row = dict[str, Any]


def has(published: Published, table: str) -> bool:
    """Whether the file has this table; one published by an older version may lack the newer ones."""
    found = published.query("select 1 as found from duckdb_tables() where table_name = ?", [table])
    return bool(found)
