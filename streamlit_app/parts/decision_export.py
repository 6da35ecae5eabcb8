"""The log with its keys and anchors as one file, which can be checked anywhere without this program's store."""

from datetime import UTC, datetime

import streamlit as st

from revops.domain.decision_export import ExportedKey, export_lines
from revops.settings import load_settings
from revops.store import open_store
from revops.store.anchors import read_anchor_files
from revops.store.decisions import Decisions
from revops.store.signing_keys import read_keys
from streamlit_app.desk import Desk


def show(desk: Desk) -> None:
    """A button; the file is made when it is pressed."""
    tenant_id = desk.tenant_id
    st.download_button(
        "Export",
        lambda: _export(tenant_id),
        file_name=f"decisions-{tenant_id}-{desk.now:%Y-%m-%d}.jsonl",
        mime="application/jsonl",
        on_click="ignore",
        icon=":material/download:",
        help="Every record with its keys and anchors; `python -m revops.verify_export FILE` checks it anywhere.",
    )


def _export(tenant_id: str) -> bytes:
    settings = load_settings()
    # First what is anchored, then the records: decisions that are made meanwhile are no cut-off end.
    anchors = read_anchor_files(settings, tenant_id)
    with open_store(settings) as store:
        records = list(Decisions(store).read(tenant_id))
        with store.tenant(tenant_id, is_read_only=True) as connection:
            known = read_keys(connection, tenant_id)
    keys = [ExportedKey(one.key_id, one.public_key, one.created_at, one.retired_at) for one in known]
    lines = export_lines(tenant_id, keys, records, anchors, with_personal=True, at=datetime.now(UTC))
    return "".join(f"{line}\n" for line in lines).encode()
