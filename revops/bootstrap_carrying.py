"""Wires what carries out each kind of action: Stripe, the mail server, Linear."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode

from revops.actions.retry_rules import read_retry_rules
from revops.bootstrap_playbooks import contact_hours, contact_limits, retry_limit
from revops.connectors.email import EmailSettings, SmtpSender
from revops.connectors.linear import LinearTasks
from revops.domain.carrying import CarriesOut
from revops.domain.mail import SendsMail
from revops.domain.ports import PaysInvoices
from revops.domain.task import KeepsTasks
from revops.evidence import read_payers
from revops.policy import Policy
from revops.service.carry_email import MailRules, MakesLinks, SendsLetters
from revops.service.carry_retry import RetriesInvoices
from revops.service.carry_task import OpensTasks
from revops.settings import TENANT, Settings
from revops.store import Store
from revops.store.contacts import Contacts
from revops.store.letters import Letters
from revops.store.tasks import Tasks
from revops.warehouse import NothingPublishedError, Published


class ReachesStripe(Protocol):
    """Stripe per tenant, by the key for actions and by the one that only reads."""

    def writing(self, tenant_id: str) -> PaysInvoices | None:
        """With the key for actions."""
        ...

    def reading(self, tenant_id: str) -> PaysInvoices | None:
        """With the key that reads."""
        ...

    def links(self, tenant_id: str) -> MakesLinks | None:
        """Links for customers, with the key for actions."""
        ...


def kinds(
    store: Store,
    settings: Settings,
    stripe: ReachesStripe,
    linear: "Linear",
    policy: Callable[[str], Policy],
    clock: Callable[[], datetime],
) -> dict[str, CarriesOut]:
    """What carries out each kind of action."""
    mail = mail_server(settings)

    def mail_of(tenant_id: str) -> SendsMail | None:
        return mail if tenant_id == TENANT else None

    def mail_rules(tenant_id: str) -> MailRules:
        given = policy(tenant_id)
        return MailRules(
            contact_limits(given),
            contact_hours(given),
            given.letters.portal_return_url,
            settings.smtp_reply_to or given.letters.support_address,
            lambda customer_id: _country(settings, tenant_id, customer_id),
        )

    return {
        "retry_invoice": RetriesInvoices(
            stripe.writing, stripe.reading, lambda tenant_id: retry_limit(policy(tenant_id)), read_retry_rules()
        ),
        "send_email": SendsLetters(
            Letters(store), Contacts(store), stripe.reading, mail_of, stripe.links, mail_rules, clock
        ),
        "open_task": OpensTasks(
            Tasks(store),
            linear.of,
            stripe.reading,
            lambda tenant_id, leak_id: leak_link(settings, tenant_id, leak_id),
            clock,
        ),
    }


class Linear:
    """Linear per tenant, connected when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connected: LinearTasks | None = None

    def of(self, tenant_id: str) -> KeepsTasks | None:
        """The tenant's workspace; None where no key is set."""
        key = self._settings.linear_api_key
        if tenant_id != TENANT or key is None:
            return None
        if self._connected is None:
            self._connected = LinearTasks(key, self._settings.linear_api_base)
        return self._connected

    def close(self) -> None:
        """End connections; the next request opens another."""
        if self._connected is not None:
            self._connected.close_connections()
            self._connected = None


def mail_server(settings: Settings) -> SendsMail | None:
    """The installation's mail server; None where none is set. Raises MailSettingsError."""
    if settings.smtp_host is None or settings.smtp_from is None:
        return None
    return SmtpSender(
        EmailSettings(
            host=settings.smtp_host,
            from_address=settings.smtp_from,
            from_name=settings.smtp_from_name,
            reply_to=settings.smtp_reply_to,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            username=settings.smtp_username,
            password=settings.smtp_password,
            ca_file=settings.smtp_ca_file,
        )
    )


def leak_link(settings: Settings, tenant_id: str, leak_id: str) -> str | None:
    """Where a leak's page is; None where nobody has said where the dashboard is."""
    if settings.leaks_dashboard_url is None:
        return None
    return f"{settings.leaks_dashboard_url.rstrip('/')}/leak?{urlencode({'tenant': tenant_id, 'id': leak_id})}"


def _country(settings: Settings, tenant_id: str, customer_id: str) -> str | None:
    try:
        with Published.open(settings.leaks_home, tenant=tenant_id) as published:
            found = read_payers(published, [customer_id]).get(customer_id)
    except NothingPublishedError:
        return None
    return found.country if found is not None else None
