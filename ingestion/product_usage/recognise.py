"""Which kind of log a file or table holds, and whether the mapping finds its fields there."""

from collections.abc import Collection, Mapping
from fnmatch import fnmatch
from pathlib import PurePath

from ingestion.errors import ProductUsageError
from ingestion.product_usage.mapping import KINDS, REQUIRED, Kind, UsageMapping


def kind_of_name(origin: str, mapping: UsageMapping) -> Kind | None:
    """By the mapping's patterns, else by a name that begins with login or usage; None where neither says anything."""
    name = PurePath(origin.rpartition("#")[2].rpartition(".")[2] if "://" in origin else origin).name
    for kind in KINDS:
        if any(fnmatch(name, pattern) or fnmatch(origin, pattern) for pattern in mapping.of(kind).files):
            return kind
    return next((kind for kind in KINDS if name.lower().startswith(kind)), None)


def kind_of(origin: str, names: Collection[str], mapping: UsageMapping) -> Kind:
    """By the file's name, else by its fields. Raises ProductUsageError for what is neither logins nor usage."""
    named = kind_of_name(origin, mapping)
    if named is not None:
        return named
    fields = {kind: missing(names, kind, mapping) for kind in KINDS}
    if not fields["usage"]:
        return "usage"
    if not fields["login"]:
        return "login"
    raise ProductUsageError(
        f"{origin} is neither logins nor usage by its name or its fields ({_listed(names)}): name it in the policy "
        "under product_usage.login.files or product_usage.usage.files, or take it out of LEAKS_PRODUCT_USAGE"
    )


def missing(names: Collection[str], kind: Kind, mapping: UsageMapping) -> list[tuple[str, ...]]:
    """The required meanings for which none of the mapped fields is there."""
    fields, present = mapping.fields(kind), set(names)
    return [
        group
        for group in REQUIRED[kind]
        if not any(is_there(field, present) for meaning in group for field in fields[meaning])
    ]


def is_there(field: str, names: Collection[str]) -> bool:
    """Whether a file with these top-level fields can have this one; a dot leads into a nested object."""
    return field in names or field.partition(".")[0] in names


def matches_nothing(origin: str, names: Collection[str], kind: Kind, mapping: UsageMapping) -> ProductUsageError:
    """The error for a mapping none of whose fields is in a file."""
    fields: Mapping[str, tuple[str, ...]] = mapping.fields(kind)
    wanted = "; ".join(
        f"{' or '.join(group)}: {', '.join(name for meaning in group for name in fields[meaning])}"
        for group in missing(names, kind, mapping)
    )
    return ProductUsageError(
        f"{origin}: no row has what {kind} rows need ({wanted}). Its fields are: {_listed(names)}. Say in the policy "
        f"under product_usage.{kind}.fields which of them is meant"
    )


def _listed(names: Collection[str]) -> str:
    return ", ".join(names) if names else "none"
