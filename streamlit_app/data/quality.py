"""What the figures rest on: what was read, how it was checked, what could not be understood."""

from revops.warehouse import Published
from streamlit_app.data import Row, has


def integration(published: Published) -> Row | None:
    """Where the data comes from: source, account_id, mode, since, as_of."""
    rows = published.query("select * from integration limit 1")
    return rows[0] if rows else None


def resources(published: Published) -> list[Row]:
    """What was read of the account, one row per kind of object; switched-off ones first."""
    return published.query("select * from data_coverage order by is_on, resource")


def leak_types(published: Published) -> list[Row]:
    """Every leak type with whether it could be checked and if not, why; those that are off first."""
    return published.query("select * from leak_types order by is_on, title")


def checked(published: Published) -> Row:
    """How much was looked at: the numbers of customers, subscriptions, invoices and payments."""
    return published.query(
        "select (select count(*) from customers) as customers,"
        " (select count(*) from subscriptions) as subscriptions,"
        " (select count(*) from invoices) as invoices, (select count(*) from payments) as payments"
    )[0]


def quarantined(published: Published) -> list[Row]:
    """Objects that could not be read, counted by kind of object and reason; one that failed twice counts once."""
    return published.query(
        "select resource, reason, count(distinct coalesce(id, raw_text)) as objects from quarantined"
        " group by resource, reason order by objects desc, resource, reason"
    )


def checks(published: Published) -> list[Row] | None:
    """Results of the quality gate: errors and failures first, critical before warning; None where none is kept."""
    if not has(published, "quality_results"):
        return None
    return published.query(
        "select * from quality_results order by is_passed, error is null,"
        " case severity when 'critical' then 0 else 1 end, resource, expectation"
    )


def usage_coverage(published: Published) -> list[Row]:
    """Per log of the product what was read and what of it matches a customer; empty where nothing is read."""
    if not has(published, "product_usage_coverage"):
        return []
    return published.query("select * from product_usage_coverage order by source")


def unmatched_accounts(published: Published, limit: int) -> list[Row]:
    """Accounts of the product that match no customer, those with most rows first."""
    if not has(published, "unmatched_accounts"):
        return []
    return published.query("select * from unmatched_accounts order by rows desc limit ?", [limit])


def drift(published: Published) -> list[Row]:
    """What the last comparison with Stripe found, one row per kind of object; empty before the first."""
    if not has(published, "drift"):
        return []
    return published.query(
        "select * from drift where reconciled_at = (select max(reconciled_at) from drift) order by resource"
    )


def webhook_endpoints(published: Published) -> list[Row]:
    """Endpoints that deliver to us and whether they do; one row without an id where there is none."""
    if not has(published, "webhook_endpoints"):
        return []
    return published.query("select * from webhook_endpoints order by state, url")
