"""The findings that pass the filters as files, of the same publication as the page that offers them."""

import streamlit as st

from revops.settings import TENANT
from revops.warehouse import Pointer, Published
from streamlit_app import tenants
from streamlit_app.data import findings
from streamlit_app.export import findings_csv, findings_parquet
from streamlit_app.filters import Filters


def show(published: Published, filters: Filters) -> None:
    """Two buttons; a file is made when its button is pressed."""
    of = "" if tenants.chosen() == TENANT else f"{tenants.chosen()}-"
    pointer, name = published.pointer, f"findings-{of}{published.as_of:%Y-%m-%d}"
    with st.container(horizontal=True, width="content"):
        st.download_button(
            "CSV",
            lambda: findings_csv(_rows(pointer, filters)).encode(),
            file_name=f"{name}.csv",
            mime="text/csv",
            on_click="ignore",
            icon=":material/download:",
            help="Every finding that passes the filters, on all pages; amounts in minor units. "
            "Should it fail, newer figures were published: reload the page.",
        )
        st.download_button(
            "Parquet",
            lambda: findings_parquet(_rows(pointer, filters)),
            file_name=f"{name}.parquet",
            mime="application/vnd.apache.parquet",
            on_click="ignore",
            icon=":material/download:",
            help="The same with types: integers of minor units, UTC times",
        )


def _rows(pointer: Pointer, filters: Filters) -> list[dict[str, object]]:
    with Published.reopen(pointer) as published:
        return findings.findings(published, filters)
