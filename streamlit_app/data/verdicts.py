"""What today's detectors say about objects, innocent ones too."""

from collections.abc import Iterable

from revops.warehouse import Published
from streamlit_app.data import has


def of_objects(published: Published, objects: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The verdict on each (leak type, object id) that a published detector has judged."""
    asked: dict[str, list[str]] = {}
    for leak_type, object_id in objects:
        asked.setdefault(leak_type, []).append(object_id)
    found: dict[tuple[str, str], str] = {}
    for leak_type, ids in asked.items():
        table = f"leaks__{leak_type}"
        if not has(published, table):
            continue
        rows = published.query(
            f'select object_id, max(verdict) as verdict from "{table}"'
            " where verdict is not null and object_id in (select unnest(?)) group by object_id",
            [ids],
        )
        found |= {(leak_type, row["object_id"]): row["verdict"] for row in rows}
    return found
