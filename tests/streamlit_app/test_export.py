"""The files: exactly the rows of the list, in types that add up."""

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from revops.warehouse import Published, PublishedFileError
from streamlit_app.data import findings as data
from streamlit_app.export import COLUMNS, findings_csv, findings_parquet
from streamlit_app.filters import ALERTS, BOTH, REVIEWS, Filters
from tests.streamlit_app.published_account import Account, typical


def _rows(home: Path, filters: Filters) -> list[dict[str, Any]]:
    with Published.open(home) as published:
        return data.findings(published, filters)


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(shown=REVIEWS),
        Filters(shown=BOTH, currencies=("EUR", "JPY")),
        Filters(shown=ALERTS, search="in_00"),
    ],
)
def test_a_file_has_the_rows_and_sums_of_the_list(home: Path, filters: Filters) -> None:
    typical().publish(home)
    rows = _rows(home, filters)
    with Published.open(home) as published:
        sums = {row["currency"]: row for row in data.matching(published, filters)}
    from_csv = list(csv.DictReader(io.StringIO(findings_csv(rows))))
    from_parquet = pq.read_table(io.BytesIO(findings_parquet(rows))).to_pylist()
    assert [row["finding_id"] for row in from_csv] == [row["finding_id"] for row in rows]
    assert [row["finding_id"] for row in from_parquet] == [row["finding_id"] for row in rows]
    for made in (from_csv, from_parquet):
        for currency, row in sums.items():
            mine = [r for r in made if r["currency"] == currency]
            alerts = [r for r in mine if str(r["is_alert"]) == "True"]
            assert sum(int(r["counted_minor"]) for r in alerts) == row["alert_minor"]
            assert len(mine) == row["alerts"] + row["reviews"]


def test_a_file_has_types(home: Path) -> None:
    typical().publish(home)
    table = pq.read_table(io.BytesIO(findings_parquet(_rows(home, Filters()))))
    assert tuple(table.column_names) == COLUMNS
    assert {str(table.schema.field(name).type) for name in COLUMNS if name.endswith("_minor")} == {"int64"}
    assert str(table.schema.field("as_of").type) == "timestamp[us, tz=UTC]"
    assert table.column("as_of")[0].as_py().isoformat() == "2026-10-01T00:00:00+00:00"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_name_that_looks_like_a_formula_is_none_in_a_spreadsheet(home: Path, name: str) -> None:
    account = Account()
    account.add(name, 5_00)
    account.publish(home)
    made = list(csv.DictReader(io.StringIO(findings_csv(_rows(home, Filters())), newline="")))
    assert made[0]["customer_name"] == f"'{name}"
    assert made[0]["amount_minor"] == "500"


def test_an_empty_list_is_a_file_with_columns_only(home: Path) -> None:
    typical().publish(home)
    rows = _rows(home, Filters(search="nobody"))
    assert findings_csv(rows).strip() == ",".join(COLUMNS)
    assert pq.read_table(io.BytesIO(findings_parquet(rows))).num_rows == 0


def test_a_file_is_of_the_publication_on_the_screen(home: Path) -> None:
    typical().publish(home, 1)
    with Published.open(home) as published:
        pointer = published.pointer
    Account().publish(home, 2)
    with Published.reopen(pointer) as published:
        assert len(data.findings(published, Filters())) == 9
    pointer.path.unlink()
    with pytest.raises(PublishedFileError, match="were published anew"), Published.reopen(pointer):
        pass
