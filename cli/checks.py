"""The checks of `leaks doctor`: each says what is there and, where it is not right, what to do."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import ValidationError

from cli.check import Finding, State
from cli.decision_checks import check_decisions
from cli.moments import iso
from cli.slack_checks import check_slack
from cli.tenant_checks import check_tenants, others_connected
from ingestion.errors import IngestionError
from ingestion.settings import StripeSettings
from revops.errors import RevopsError
from revops.logging import redact
from revops.settings import TENANT, Settings, load_settings

_NEEDED_BYTES = 2_000_000_000


def run_checks() -> list[Finding]:
    """Every check in the order in which a person would mend things."""
    checks: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
        ("home", _home),
        ("PROFILE", _profile),
        ("source", _source),
        ("product usage", _product_usage),
        ("policy", _policy),
        ("operational store", _store),
        ("LEAKS_SECRET_KEY", _secret_key),
        ("tenants", check_tenants),
        ("slack", check_slack),
        ("decisions", check_decisions),
        ("models", _models),
        ("published", _published),
    )
    findings: list[Finding] = []
    for name, check in checks:
        try:
            findings.extend(check())
        except (RevopsError, IngestionError, OSError) as error:
            findings.append(Finding(name, "broken", redact(str(error))))
        except ValidationError as error:
            findings.extend(
                Finding(str(problem["loc"][0]).upper(), "broken", f"{problem['msg']}; correct it in .env")
                for problem in error.errors(include_input=False)
            )
    return findings


def _home() -> Iterator[Finding]:
    home = load_settings().leaks_home.absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        yield Finding("LEAKS_HOME", "broken", f"{home} cannot be written ({error.strerror}); choose another folder")
        return
    yield Finding("LEAKS_HOME", "ok", str(home))
    free = shutil.disk_usage(home).free
    state: State = "ok" if free >= _NEEDED_BYTES else "broken"
    hint = "" if state == "ok" else "; free at least 2 GB or move LEAKS_HOME"
    yield Finding("disk", state, f"{free / 1e9:.1f} GB free{hint}")


def _profile() -> Iterator[Finding]:
    from ingestion.profile import Profile

    yield Finding("PROFILE", "ok", Profile.from_environment().name)


def _source() -> Iterator[Finding]:
    settings = StripeSettings()
    if settings.stripe_export is not None:
        yield from _export(settings.stripe_export, settings)
        return
    if settings.stripe_api_key is None and others_connected():
        yield Finding("STRIPE_API_KEY", "off", "not set: the tenant default has no account, other tenants have theirs")
        return
    mode = settings.mode
    kind = "restricted" if _key_start(settings) == "rk_" else "secret"
    warning = "" if kind == "restricted" else "; a restricted, read-only key is safer"
    yield Finding("STRIPE_API_KEY", "ok", f"{kind} key, {mode} mode{warning}")
    yield Finding("STRIPE_API_BASE", "ok", settings.stripe_api_base)
    if settings.stripe_account:
        yield Finding("STRIPE_ACCOUNT", "ok", settings.stripe_account)
    from ingestion.stripe.probe import probe

    for result in probe(settings):
        yield Finding(f"stripe {result.resource}", "ok" if result.is_on else "off", redact(result.message))
    yield from _webhooks(settings)


def _key_start(settings: StripeSettings) -> str:
    return settings.stripe_api_key.get_secret_value()[:3] if settings.stripe_api_key else ""


def _export(folder: Path, settings: StripeSettings) -> Iterator[Finding]:
    from ingestion.stripe.export import find_files

    files = find_files(folder)
    yield Finding("STRIPE_EXPORT", "ok", f"{len(files)} files in {folder}, {settings.mode} mode")
    if settings.stripe_export_at:
        yield Finding("STRIPE_EXPORT_AT", "ok", iso(settings.stripe_export_at))


def _webhooks(source: StripeSettings) -> Iterator[Finding]:
    from ingestion.stripe.webhook_endpoints import look
    from revops.store import StoreMissingError, open_store
    from revops.store.deliveries import newest_delivered

    try:
        with open_store(load_settings()) as store:
            received_at = newest_delivered(store, TENANT, source.mode)
    except StoreMissingError:
        received_at = None
    for one in look(source, TENANT, received_at):
        state: State = "broken" if one.is_warning else "ok" if one.state == "ok" else "off"
        where = f"{one.url} is {one.state}: " if one.url else ""
        yield Finding("webhooks", state, redact(f"{where}{one.message}"))


def _product_usage() -> Iterator[Finding]:
    from ingestion.product_usage.places import places
    from ingestion.settings import ProductUsageSettings

    setting = ProductUsageSettings().leaks_product_usage
    if setting is None:
        yield Finding("LEAKS_PRODUCT_USAGE", "off", "not set: what needs activity in the product is off")
        return
    files, tables = places(setting.get_secret_value())
    found = [f"{len(files)} files", *(table.origin for table in tables)]
    yield Finding("LEAKS_PRODUCT_USAGE", "ok", ", ".join(found))


def _policy() -> Iterator[Finding]:
    from revops.leak_types import steps_by_leak_type
    from revops.policy import load_policy

    settings: Settings = load_settings()
    policy = load_policy(settings.leaks_policy, steps_by_leak_type())
    source = str(settings.leaks_policy) if settings.leaks_policy else "not set, defaults hold"
    yield Finding("LEAKS_POLICY", "ok", f"{source} (version {policy.version})")


def _store() -> Iterator[Finding]:
    from revops.store import StoreMissingError, open_store, schema

    settings = load_settings()
    place = "PostgreSQL" if settings.database_url else "SQLite in LEAKS_HOME"
    try:
        with open_store(settings) as store, store.everyone(is_read_only=True) as connection:
            schema.refuse_unsafe_role(connection)
    except StoreMissingError:
        yield Finding("operational store", "off", f"{place}, not made yet: the first verb that needs it makes it")
        return
    yield Finding("operational store", "ok", f"{place}, schema {schema.head()}")


def _secret_key() -> Iterator[Finding]:
    from revops.store.secrets import Secrets

    key = load_settings().leaks_secret_key
    Secrets(key)
    if key is None:
        advice = "not set: credentials of tenants cannot be stored; `leaks db new-key` prints one"
        yield Finding("LEAKS_SECRET_KEY", "off", advice)
    else:
        yield Finding("LEAKS_SECRET_KEY", "ok", "encrypts credentials")


def _models() -> Iterator[Finding]:
    from dagster_project.manifest import dbt_executable, is_current

    executable = shutil.which(dbt_executable())
    if executable is None:
        yield Finding("dbt", "broken", "the command dbt is missing; run `make setup`")
    else:
        yield Finding("dbt", "ok", executable)
    if is_current():
        yield Finding("manifest", "ok", "built for these models")
    else:
        yield Finding("manifest", "off", "not built for these models; the next run builds it (10 seconds)")


def _published() -> Iterator[Finding]:
    from revops.warehouse import NothingPublishedError, Published

    try:
        with Published.open(load_settings().leaks_home) as published:
            found = published.query("select count(*) as n from leak_findings")[0]["n"]
            yield Finding("published", "ok", f"{published.path.name}, as of {iso(published.as_of)}, {found} findings")
    except NothingPublishedError as error:
        yield Finding("published", "off", str(error))
