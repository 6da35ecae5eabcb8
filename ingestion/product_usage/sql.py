"""The SQL that turns rows of text into facts: written once for every format, run by DuckDB.

Each statement has three steps: `texts` names the fields by their meaning, trimmed, empty as null; `facts` casts them;
`judged` says of each row why it cannot be understood, or null.
"""

from collections.abc import Mapping, Sequence

from ingestion.product_usage.files import Form
from ingestion.product_usage.mapping import Kind

# Unix times by size: seconds until 5138, then milliseconds, microseconds, nanoseconds. Smaller ones are no time.
_EARLIEST = "1e8"
_HAS_ZONE = r":\d\d.*([A-Za-z]|[+-]\d\d(:?\d\d)?)$"
_NO_SECONDS = r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(Z|[+-]\d\d:?\d\d)?$"
# What two rows must have alike to be the same fact, where no key of their own says so.
CONTENT: Mapping[Kind, tuple[str, ...]] = {
    "login": ("account_id", "user_id", "user_email", "method", "occurred_at"),
    "usage": ("account_id", "user_id", "user_email", "metric", "quantity", "occurred_at"),
}


def scan(form: Form, paths: Sequence[str], columns: Sequence[str], delimiter: str) -> str:
    """A relation of all columns as text, and `filename`."""
    listed = _list(paths)
    if form == "parquet":
        return f"read_parquet({listed}, filename = 'filename', union_by_name = true)"
    struct = "{" + ", ".join(f"{_text(name)}: 'VARCHAR'" for name in columns) + "}"
    if form == "json":
        return (
            f"read_json({listed}, format = 'newline_delimited', columns = {struct}, ignore_errors = true, "
            "compression = 'uncompressed', filename = 'filename')"
        )
    return (
        f"read_csv({listed}, auto_detect = false, header = true, columns = {struct}, delim = {_text(delimiter)}, "
        "quote = '\"', escape = '\"', ignore_errors = true, compression = 'uncompressed', filename = 'filename')"
    )


def judged(
    kind: Kind, relation: str, fields: Mapping[str, Sequence[str]], columns: Sequence[str], zone: str, *, numbered: bool
) -> str:
    """Ends in `judged`, a CTE of facts, each with its `refusal`; with `numbered`, `row_number` in the file's order."""
    texts = ", ".join(f"{_first_of(names, columns)} as {meaning}_text" for meaning, names in fields.items())
    number = ", row_number() over () as row_number" if numbered else ""
    own = (
        "metric_text as metric, try_cast(quantity_text as decimal(38, 6)) as quantity"
        if kind == "usage"
        else "method_text as method"
    )
    return f"""
        with texts as (select {texts}, filename{number} from {relation}),
        numbers as (select *, try_cast(at_text as double) as at_number from texts),
        facts as (
            select
                * exclude (account_text, user_text, email_text, at_text, at_number, id_text),
                account_text as account_id, user_text as user_id, lower(email_text) as user_email,
                {_moment(zone)} as occurred_at,
                case when at_number is null and at_text is not null
                    then not regexp_matches(at_text, '{_HAS_ZONE}') else false end as is_zone_assumed,
                id_text as idempotency_key, at_text, {own}
            from numbers
        ),
        judged as (select *, {_refusal(kind)} as refusal from facts)
    """


def row_key(kind: Kind) -> str:
    """63 bits of the md5 of what makes a row itself: its own key within its account, else its content.

    Two different rows share one with a chance of one in a million among four million.
    """
    texts = {"occurred_at": "epoch_us(occurred_at)"}
    parts = [f"coalesce(cast({texts.get(name, name)} as varchar), '')" for name in CONTENT[kind]]
    own = "concat_ws(chr(31), 'id', coalesce(account_id, user_email), idempotency_key)"
    content = f"concat_ws(chr(31), {', '.join(parts)})"
    return key_of(f"case when idempotency_key is not null then {own} else {content} end")


def key_of(text: str) -> str:
    """A BIGINT that follows from a text, the same in every version of DuckDB."""
    return f"cast(md5_number({text}) >> 65 as bigint)"


def _first_of(names: Sequence[str], columns: Sequence[str]) -> str:
    found = [_field(name, columns) for name in names]
    texts = [_trimmed(f"cast({field} as varchar)") for field in found if field]
    return f"coalesce({', '.join(texts)})" if texts else "cast(null as varchar)"


def _trimmed(text: str) -> str:
    """Trimming every text would take half of the reading's time; hardly any needs it."""
    is_padded = f"starts_with({text}, ' ') or ends_with({text}, ' ')"
    return f"nullif(case when {is_padded} then trim({text}) else {text} end, '')"


def _field(name: str, columns: Sequence[str]) -> str | None:
    if name in columns:
        return quoted(name)
    outer, dot, inner = name.partition(".")
    if not dot or outer not in columns:
        return None
    path = "".join("/" + step.replace("~", "~0") for step in inner.split("."))
    return f"json_extract_string(try_cast({quoted(outer)} as json), {_text(path)})"


def _moment(zone: str) -> str:
    number = "at_number"
    whole = rf"regexp_replace(at_text, '{_NO_SECONDS}', '\1:00\2')"
    local = f"coalesce(try_cast(at_text as timestamp), try_cast({whole} as timestamp))"
    if zone != "UTC":
        local = f"({local} at time zone {_text(zone)}) at time zone 'UTC'"
    return f"""
        case
            when {number} between {_EARLIEST} and 1e19 then make_timestamp(cast(round(
                {number} * case when {number} < 1e11 then 1e6 when {number} < 1e14 then 1e3
                    when {number} < 1e17 then 1 else 1e-3 end
            ) as bigint))
            when {number} is not null then null
            when regexp_matches(at_text, '{_HAS_ZONE}')
            then coalesce(try_cast(at_text as timestamptz), try_cast({whole} as timestamptz)) at time zone 'UTC'
            else {local}
        end
    """


def _refusal(kind: Kind) -> str:
    usage = """
        when metric is null then 'it names no metric'
        when quantity_text is null then 'it has no quantity'
        when quantity is null then 'its quantity is no number: ' || quantity_text
    """
    return f"""
        case
            when coalesce(account_id, user_email) is null then 'it names no account'
            when at_text is null then 'it has no time'
            when occurred_at is null then 'its time is not understood: ' || at_text
            {usage if kind == "usage" else ""}
        end
    """


def _list(values: Sequence[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A column's name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'
