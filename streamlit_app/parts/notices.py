"""What keeps the figures from being today's whole truth, in one box on the first page."""

from datetime import datetime, timedelta

import streamlit as st

from revops.warehouse import Published
from streamlit_app import pages, tenants
from streamlit_app.data import Row, quality
from streamlit_app.format import ago, count, words
from streamlit_app.markup import escape_markdown

# Twice the daily schedule: a missed run shows before its figures mislead.
STALE = timedelta(hours=48)


def show(published: Published, integration: Row, now: datetime) -> None:
    """Warn of stale data, of what is off and how to mend it, of silent webhooks, failed checks and quarantine."""
    lines = []
    if integration.get("source") == "api" and now - published.as_of > STALE:
        run = tenants.command("leaks run")
        lines.append(f"**Made {ago(published.as_of, now)}.** Run `{run}` to bring the figures up to date.")
    refused = [row for row in quality.resources(published) if not row["is_on"] and row["permission"]]
    told = {row["reason"] for row in refused}
    for row in quality.leak_types(published):
        title, why = escape_markdown(row["title"] or row["leak_type"]), row["reason"] or row["unread_reason"]
        # A refused resource says below how to mend it; once is enough.
        because = "" if why in told else " " + sentence(why)
        if not row["is_on"]:
            lines.append(f"**{title}: off.** Nothing here speaks of it.{because}")
        elif row["unread_reason"]:
            lines.append(f"**{title}: judged on a part of the data.** What cannot be judged is a review.{because}")
    lines += [f"**{escape_markdown(plural(row))} cannot be read.** {sentence(row['reason'])}" for row in refused]
    lines += [
        f"**Webhooks do not arrive at {escape_markdown(row['url'])}.** Findings come up to an hour late. "
        f"{sentence(row['message'])}"
        for row in quality.webhook_endpoints(published)
        if row["state"] in ("disabled", "silent")
    ]
    checks = quality.checks(published) or []
    # A warning is worth a look on its own page; it takes nothing from the figures here.
    failed = [row for row in checks if not row["is_passed"] and (row["severity"] == "critical" or row["error"])]
    if failed:
        lines.append(f"**{count(len(failed), 'check')} of the data did not pass.** See *Data quality*.")
    set_aside = sum(row["objects"] for row in quality.quarantined(published))
    if set_aside:
        lines.append(
            f"**{count(set_aside, 'object')} in quarantine**: read, and not understood. "
            "The reasons stand under *Data quality*."
        )
    if lines:
        st.warning("\n".join(f"- {line}" for line in lines) if len(lines) > 1 else lines[0])
        st.page_link(
            pages.QUALITY,
            label="What the figures rest on",
            query_params=tenants.address({}),
            icon=":material/fact_check:",
        )


def sentence(reason: str | None) -> str:
    """A reason, which starts small and may lack its full stop, as a sentence in markdown."""
    text = (reason or "no reason is recorded").strip()
    return escape_markdown(text[:1].upper() + text[1:] + ("" if text.endswith(".") else "."))


def plural(row: Row) -> str:
    """The kind of object of a row of `data_coverage`: `Invoices`, `Meter event summaries`."""
    name = words(row["resource"]).replace("Invoiceitem", "Invoice item")
    return name.removesuffix("y") + "ies" if name.endswith("y") else name + "s"
