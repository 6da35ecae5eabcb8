"""Wires proposing, deciding and dispatching; `revops.bootstrap` wires the rest."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr

from revops.actions.open_task import task_request
from revops.actions.retry_invoice import NotProposed
from revops.actions.send_email import letter_request
from revops.bootstrap import stripe_of
from revops.bootstrap_carrying import Linear, kinds
from revops.bootstrap_playbooks import weighing
from revops.connectors.stripe_actions import StripeActions, pay_request
from revops.connectors.stripe_links import StripeLinks
from revops.domain.action import Action, ActionStatus, Draft
from revops.domain.carrying import Request
from revops.domain.customer import Customer
from revops.domain.decision import DecisionRefusedError, Rules, needed
from revops.domain.leak import Leak
from revops.domain.ports import PaysInvoices
from revops.domain.proposal import Proposal
from revops.domain.stripe_access import StripeAccess
from revops.evidence import read_card_tries, read_customers, read_evidence, read_payers
from revops.policy import Policy, load_policy
from revops.service.carry_email import MakesLinks
from revops.service.decide import Deciding
from revops.service.dispatch import Dispatching, Mode
from revops.service.outcome import say_outcome
from revops.service.propose import Evidence, Proposed, Proposing, propose, weigh
from revops.settings import TENANT, Settings
from revops.store import Store
from revops.store.action_views import ActionViews
from revops.store.actions import Actions
from revops.store.dunning import DunningStates
from revops.store.integrations import STRIPE_ACTIONS, Integrations
from revops.store.leaks import Leaks
from revops.store.letters import Letters
from revops.store.people import People
from revops.store.policies import Policies
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLine, SecurityLog
from revops.store.signing_keys import load_signer
from revops.store.tasks import Tasks
from revops.warehouse import NothingPublishedError, Published

# A policy that was changed, a key that was added: a running worker takes them up after at most this long.
_HELD = timedelta(seconds=30)
# A key that was replaced or taken away; each look is in the security log.
_KEY_HELD = timedelta(minutes=5)


def actions(store: Store, settings: Settings) -> Actions:
    """The tenants' actions, whose changes are signed. Raises SecretKeyError."""
    return Actions(store, load_signer(settings))


def policy_in_force(store: Store, tenant_id: str, at: datetime) -> Policy:
    """The tenant's policy of now; without any the defaults hold. Raises PolicyError."""
    current = Policies(store).current(tenant_id, at)
    if current is None:
        return Policy()
    return load_policy(f"policy version {current.number} of {tenant_id}", text=current.document)


def deciding(store: Store, settings: Settings) -> Deciding:
    """What people's decisions go through, wherever they are made. Raises SecretKeyError."""
    log = SecurityLog(store)

    def rules(tenant_id: str) -> Rules:
        return policy_in_force(store, tenant_id, _now()).approvals.rules

    def refused(tenant_id: str, refusal: DecisionRefusedError, person_id: str, action_id: str) -> None:
        detail = {"code": refusal.code, "action": action_id}
        log.append(SecurityLine(tenant_id, _now(), person_id, "refused_decision", None, detail))

    return Deciding(actions(store, settings), rules, refused)


def propose_for(store: Store, settings: Settings, tenant_id: str, at: datetime | None = None) -> Proposed:
    """Draft, renew and withdraw a tenant's actions after what is published now. Raises what reading it raises."""
    with Published.open(settings.leaks_home, tenant=tenant_id) as published:
        evidence, tries = read_evidence(published), read_card_tries(published)
        payers = read_payers(published, {one.customer_id for one in evidence.values() if one.customer_id})
    return propose(_proposing(store, settings, tenant_id, evidence, tries, payers), tenant_id, at or _now())


def what_could_be_done(store: Store, settings: Settings, leak: Leak) -> Draft | NotProposed | None:
    """What would be proposed for a leak now, or why nothing is; None for leak types that nothing can be done about."""
    reasons = [one for one in Leaks(store).reasons(leak.tenant_id, [leak.leak_id]) if one.detached_at is None]
    with Published.open(settings.leaks_home, tenant=leak.tenant_id) as published:
        evidence = read_evidence(published, [one.finding_id for one in reasons])
        tries = read_card_tries(published, leak.customer_id)
        payers = read_payers(published, [leak.customer_id] if leak.customer_id else [])
    parts = _proposing(store, settings, leak.tenant_id, evidence, tries, payers)
    before = parts.actions.of_leaks(leak.tenant_id, [leak.leak_id])
    verdicts = [*weigh(parts, leak, reasons, before, _now()).verdicts.values()]
    return next((one for one in verdicts if isinstance(one, Draft)), verdicts[0] if verdicts else None)


def proposals(
    store: Store,
    settings: Settings,
    tenant_id: str,
    *,
    statuses: Collection[ActionStatus] | None = None,
    limit: int | None = None,
) -> list[Proposal]:
    """A tenant's actions, all or of some statuses, as people are asked about them, in the order of their drafting."""
    found = actions(store, settings).read(tenant_id, statuses=statuses, limit=limit)
    return _shown(store, settings, tenant_id, found)


def ended_proposals(store: Store, settings: Settings, tenant_id: str, *, limit: int) -> list[Proposal]:
    """The actions that ended last, the newest first, each with its outcome."""
    return _shown(store, settings, tenant_id, ActionViews(store).ended(tenant_id, limit=limit))


def proposals_of_leak(store: Store, settings: Settings, tenant_id: str, leak_id: str) -> list[Proposal]:
    """Everything that was ever proposed for a leak, in the order of its drafting."""
    return _shown(store, settings, tenant_id, actions(store, settings).of_leaks(tenant_id, [leak_id]))


def proposal(store: Store, settings: Settings, tenant_id: str, action_id: str) -> Proposal:
    """One action as people are asked about it. Raises DecisionRefusedError for one that the tenant does not have."""
    found = actions(store, settings).get(tenant_id, action_id)
    if found is None:
        raise DecisionRefusedError("unknown_action", "There is no such proposal here.")
    return _shown(store, settings, tenant_id, [found])[0]


def proposals_of_ids(
    store: Store, settings: Settings, tenant_id: str, action_ids: Sequence[str]
) -> dict[str, Proposal]:
    """Those of these actions that there are, by id: what is the same for all is read once."""
    found = ActionViews(store).of_ids(tenant_id, action_ids)
    return {one.action.action_id: one for one in _shown(store, settings, tenant_id, found)}


def request_of(draft: Draft) -> Request:
    """The exact request that an approved draft leads to, as long as nothing has changed right before it is sent."""
    if draft.kind == "send_email":
        return letter_request(draft)
    if draft.kind == "open_task":
        return task_request(draft)
    return pay_request(str(draft.body["invoice"]), draft.body.get("payment_method"))


def dispatching(
    store: Store,
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    step: Callable[[str], None] = lambda _name: None,
) -> Dispatching:
    """What carries approved actions out. Raises SecretKeyError."""
    keys, linear = _Accounts(store, settings), Linear(settings)
    policies: dict[str, tuple[datetime, Policy]] = {}

    def policy(tenant_id: str) -> Policy:
        known = policies.get(tenant_id)
        now = _now()
        if known is None or now - known[0] > _HELD:
            policies[tenant_id] = known = (now, policy_in_force(store, tenant_id, now))
        return known[1]

    def close() -> None:
        keys.close()
        linear.close()

    def mode(tenant_id: str, kind: str) -> Mode:
        found: Mode = getattr(policy(tenant_id).dispatch, kind)
        return found

    return Dispatching(
        actions(store, settings),
        kinds=kinds(store, settings, keys, linear, policy, clock),
        mode=mode,
        clock=clock,
        step=step,
        close=close,
    )


@dataclass(frozen=True)
class _Account:
    """By what an account was reached when the store was asked last."""

    asked_at: datetime
    access: StripeAccess | None
    stripe: StripeActions | None


class _Accounts:
    """Stripe per tenant, once with the key for actions and once with the one that only reads."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._known: dict[tuple[str, bool], _Account] = {}
        self._links: dict[str, StripeLinks] = {}

    def close(self) -> None:
        """End every connection; the next request opens another."""
        for one in self._known.values():
            if one.stripe is not None:
                one.stripe.close()
        self._known.clear()
        for links in self._links.values():
            links.close()
        self._links.clear()

    def writing(self, tenant_id: str) -> PaysInvoices | None:
        return self._get(tenant_id, is_writing=True)

    def reading(self, tenant_id: str) -> PaysInvoices | None:
        """With the key that only reads; the one for actions where there is no other."""
        return self._get(tenant_id, is_writing=False) or self.writing(tenant_id)

    def links(self, tenant_id: str) -> MakesLinks | None:
        """Links for customers; making one needs the key for actions."""
        access = self._access(tenant_id, is_writing=True) if tenant_id not in self._links else None
        if access is not None:
            self._links[tenant_id] = StripeLinks(access, self._settings.stripe_api_base)
        return self._links.get(tenant_id)

    def _get(self, tenant_id: str, *, is_writing: bool) -> PaysInvoices | None:
        """A connection is kept while its key is: its rate limit and its breaker are worth something only then."""
        known, now = self._known.get((tenant_id, is_writing)), _now()
        if known is not None and now - known.asked_at <= (_KEY_HELD if known.stripe else _HELD):
            return known.stripe
        access = self._access(tenant_id, is_writing=is_writing)
        if known is not None and known.access == access:
            self._known[tenant_id, is_writing] = replace(known, asked_at=now)
            return known.stripe
        if known is not None and known.stripe is not None:
            known.stripe.close()
        made = StripeActions(access, self._settings.stripe_api_base) if access else None
        self._known[tenant_id, is_writing] = _Account(now, access, made)
        return made

    def _access(self, tenant_id: str, *, is_writing: bool) -> StripeAccess | None:
        given = self._settings.stripe_actions_api_key if is_writing else self._settings.stripe_api_key
        if tenant_id == TENANT and given is not None:
            return StripeAccess(given)
        if not is_writing:
            return stripe_of(self._store, self._settings, tenant_id, purpose="dry run of actions", actor="worker")
        key = self._key_for_actions(tenant_id)
        return StripeAccess(key) if key is not None else None

    def _key_for_actions(self, tenant_id: str) -> SecretStr | None:
        integrations = Integrations(self._store, Secrets(self._settings.leaks_secret_key))
        for one in integrations.read(tenant_id):
            if one.system == STRIPE_ACTIONS and one.status == "active":
                return integrations.credentials(
                    tenant_id, one.integration_id, purpose="carrying out actions", actor="worker", at=_now()
                )
        return None


def _proposing(
    store: Store,
    settings: Settings,
    tenant_id: str,
    evidence: Mapping[str, Evidence],
    tries: Mapping[str, Sequence[datetime]],
    payers: Mapping[str, Customer],
) -> Proposing:
    policy = policy_in_force(store, tenant_id, _now())
    return Proposing(
        Leaks(store),
        actions(store, settings),
        DunningStates(store),
        Tasks(store),
        policy.approvals.rules,
        weighing(store, policy, tenant_id, tries, payers),
        evidence,
        is_on=lambda kind: getattr(policy.dispatch, kind) == "on",
        policy_version=policy.version,
    )


def _shown(store: Store, settings: Settings, tenant_id: str, found: list[Action]) -> list[Proposal]:
    rules = policy_in_force(store, tenant_id, _now()).approvals.rules
    leaks = {leak.leak_id: leak for leak in Leaks(store).get(tenant_id, [one.leak_id for one in found])}
    names = {one.person_id: one.name for one in People(store).read(tenant_id)}
    customers = _customers(settings, tenant_id, {one.draft.customer_id for one in found})
    letter_ids = [str(one.draft.body["letter"]) for one in found if one.draft.kind == "send_email"]
    letters = {one.letter_id: one for one in Letters(store).read(tenant_id, letter_ids)} if letter_ids else {}
    asked = [one.leak_id for one in found if one.draft.kind == "open_task"]
    tasks = {one.action_id: one for one in Tasks(store).of_leaks(tenant_id, asked)} if asked else {}
    shown = []
    for one in found:
        name, plan = customers.get(one.draft.customer_id, (None, None))
        people = tuple(
            (given.person_id, names.get(given.person_id) or _called(given.person_id)) for given in one.approvals
        )
        need = needed(one.draft, rules).words
        outcome = say_outcome(one)
        why, happens = one.draft.why, one.draft.what_happens
        letter = letters.get(str(one.draft.body.get("letter")))
        task = tasks.get(one.action_id)
        shown.append(
            Proposal(
                one,
                leaks[one.leak_id],
                name,
                plan,
                why,
                happens,
                need,
                outcome,
                people,
                letter=letter,
                task=task.draft if task is not None else None,
            )
        )
    return shown


def _called(person_id: str) -> str:
    """What else there is to call somebody by; what the policy decided says so."""
    where, _, who = person_id.partition(":")
    return "the policy" if where == "policy" else who


def _customers(
    settings: Settings, tenant_id: str, ids: set[str | None]
) -> dict[str | None, tuple[str | None, str | None]]:
    if not ids:
        return {}
    try:
        with Published.open(settings.leaks_home, tenant=tenant_id) as published:
            return read_customers(published, ids)
    except NothingPublishedError:
        return {}


def _now() -> datetime:
    return datetime.now(UTC)
