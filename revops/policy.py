"""A company's own rules: one YAML document per tenant, read strictly.

A rule that is silently ignored is worse than none: an unknown key, a value of the wrong kind or out of
range ends the reading with its line and what is allowed there.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from revops.domain.currencies import CURRENCIES
from revops.errors import RevopsError
from revops.policy_actions import Approvals, Dispatch
from revops.policy_playbooks import Contacts, Dunning, Letters, PlaybookRule, Recovery, Tasks
from revops.policy_product_usage import ProductUsage
from revops.policy_sections import Exemption, ObjectType, Retries, Strict, UnpaidInvoice
from revops.policy_slack import Slack


class PolicyError(RevopsError):
    """The policy cannot be used; the text names file, line, key and the allowed values."""

    exit_code = 2


# Who approves, what is carried out and what is written makes no other finding.
_WITHOUT_DETECTION = frozenset(
    {"approvals", "dispatch", "letters", "contacts", "dunning", "tasks", "playbooks", "recovery", "slack"}
)


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("unknown currency")
    return code


class Policy(Strict):
    """A tenant's rules; every field has a default, so an empty document is a valid policy."""

    reporting_currency: Annotated[
        str,
        AfterValidator(_known_currency),
        Field(description="a currency code in small letters, for example usd, eur, gbp, jpy"),
    ] = "usd"
    standard_trial_days: Annotated[int, Field(ge=0, le=730, description="whole days from 0 to 730")] = 14
    retries: Annotated[Retries, Field(description="the keys max_attempts, window_days")] = Retries()
    unpaid_invoice: Annotated[UnpaidInvoice, Field(description="the keys overdue_grace_days, minimum_amount_minor")] = (
        UnpaidInvoice()
    )
    product_usage: Annotated[ProductUsage, Field(description="the keys login, usage, time_zone, identity, ...")] = (
        ProductUsage()
    )
    approvals: Annotated[
        Approvals,
        Field(description="the keys admin_above_minor, two_people_above_minor, expires_after_days, undo_seconds"),
    ] = Approvals()
    dispatch: Annotated[Dispatch, Field(description="the keys retry_invoice, send_email, open_task")] = Dispatch()
    letters: Annotated[
        Letters, Field(description="the keys company, support_address, default_language, sent_by, portal_return_url")
    ] = Letters()
    contacts: Annotated[
        Contacts, Field(description="the keys most_in_7_days, hours_between, first_hour, last_hour, holidays")
    ] = Contacts()
    dunning: Annotated[Dunning, Field(description="the keys days, grace_days, plans")] = Dunning()
    tasks: Annotated[Tasks, Field(description="the keys team, assignee, large_assignee, large_from_minor, labels")] = (
        Tasks()
    )
    playbooks: dict[str, PlaybookRule] = Field(
        default_factory=dict, description="names of leak types, each with autonomy and steps"
    )
    recovery: Annotated[Recovery, Field(description="the keys holdout_basis_points, holdout_below_minor")] = Recovery()
    slack: Annotated[Slack, Field(description="the keys channel, routes, digest_above")] = Slack()
    exemptions: Annotated[
        tuple[Exemption, ...],
        Field(strict=False, description="a list; each entry begins with a dash"),
    ] = ()

    @property
    def version(self) -> str:
        """Hash of what the policy says; comments, order and spelled-out defaults do not change it."""
        return self._hash()

    @property
    def detection_version(self) -> str:
        """Hash of what bears on findings: who approves, and what is carried out, makes no other finding."""
        return self._hash(without=_WITHOUT_DETECTION)

    def _hash(self, without: Collection[str] = ()) -> str:
        content = self.model_dump(mode="json", exclude=set(without))
        content["exemptions"] = sorted(json.dumps(e, sort_keys=True) for e in content["exemptions"])
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def as_row(self, tenant_id: str = "default") -> dict[str, Any]:
        """The one row of operations.policy; minimum_amount_minor is in minor units of any currency."""
        return {
            "tenant_id": tenant_id,
            "policy_version": self.detection_version,
            "reporting_currency": self.reporting_currency,
            "standard_trial_days": self.standard_trial_days,
            "retry_max_attempts": self.retries.max_attempts,
            "retry_window_days": self.retries.window_days,
            "overdue_grace_days": self.unpaid_invoice.overdue_grace_days,
            "minimum_amount_minor": self.unpaid_invoice.minimum_amount_minor,
            "valid_from": None,
        }

    def exemption_rows(self, tenant_id: str = "default") -> list[dict[str, Any]]:
        """The rows of operations.policy_exemptions."""
        return [exemption.as_row(tenant_id) for exemption in self.exemptions]


def load_policy(
    path: Path | str | None, leak_types: Mapping[str, Collection[str]] | None = None, *, text: str | None = None
) -> Policy:
    """Read a policy file, or a text that messages call by the name `path`; neither gives the defaults.

    With `leak_types` and their playbooks' steps, exemptions and playbooks may only name those. Raises PolicyError.
    """
    if text is None:
        if path is None:
            return Policy()
        text = read_policy_file(Path(path))
    name = str(path or "policy")
    document = _parse(name, text)
    try:
        policy = Policy.model_validate(document)
    except ValidationError as error:
        raise PolicyError("\n".join(_explain(name, document, error))) from error
    if leak_types is not None:
        _check_leak_types(name, document, policy, leak_types)
    return policy


def read_policy_file(path: Path) -> str:
    """The text of a policy file. Raises PolicyError."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PolicyError(f"{path}: no such file. Correct LEAKS_POLICY or remove it for defaults.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: cannot be read as UTF-8 text ({error}).") from error


def _parse(path: str, text: str) -> CommentedMap:
    try:
        document = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise PolicyError(f"{path}{line}: not valid YAML: {error.problem}.") from error
    except YAMLError as error:
        raise PolicyError(f"{path}: not valid YAML: {error}.") from error
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap):
        raise PolicyError(f"{path}, line 1: the document must be keys and values. {_allowed_keys(Policy)}")
    return document


def _explain(path: str, document: CommentedMap, error: ValidationError) -> Iterator[str]:
    for problem in sorted(error.errors(), key=lambda problem: _line(document, problem["loc"])):
        place = problem["loc"]
        where = f"{path}, line {_line(document, place)}"
        name = _dotted(place)
        model = _model_at(place[:-1] if problem["type"] in ("extra_forbidden", "missing") else place)
        if problem["type"] == "extra_forbidden":
            yield f"{where}: unknown key {name}.{_did_you_mean(str(place[-1]), model)} {_allowed_keys(model)}"
        elif problem["type"] == "missing":
            yield f"{where}: {name} is missing; it must be {_description(place)}."
        elif problem["type"] == "names_one_object":
            yield (f"{where}: {name} must name exactly one of {', '.join(get_args(ObjectType))} with a metadata key.")
        else:
            found = json.dumps(problem["input"], default=str)
            yield f"{where}: {name} is {found}; allowed: {_description(place)}."


def _check_leak_types(path: str, document: CommentedMap, policy: Policy, known: Mapping[str, Collection[str]]) -> None:
    for name, rule in policy.playbooks.items():
        _check_name(path, document, ("playbooks", name), name, "leak type", known)
        for step in rule.steps:
            _check_name(path, document, ("playbooks", name, "steps", step), step, f"step of {name}", known[name])
    for index, exemption in enumerate(policy.exemptions):
        if exemption.leak_type == "*" or exemption.leak_type in known:
            continue
        near = get_close_matches(exemption.leak_type, known, n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        line = _line(document, ("exemptions", index, "leak_type"))
        raise PolicyError(
            f'{path}, line {line}: exemptions[{index}].leak_type is "{exemption.leak_type}", which is no '
            f"leak type.{hint} Allowed: '*', {', '.join(sorted(known))}."
        )


def _check_name(
    path: str, document: CommentedMap, place: Sequence[str], name: str, what: str, known: Collection[str]
) -> None:
    if name in known:
        return
    near = get_close_matches(name, known, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    allowed = ", ".join(sorted(known))
    raise PolicyError(f"{path}, line {_line(document, place)}: {name} is no {what}.{hint} Allowed: {allowed}.")


def _line(document: CommentedMap, place: Sequence[str | int]) -> int:
    """1-based line of a key or list entry, or of the nearest thing around it that exists."""
    node: Any = document
    line = 0
    for step in place:
        if isinstance(node, CommentedMap) and step in node:
            line = node.lc.key(step)[0]
        elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
            line = node.lc.item(step)[0]
        else:
            break
        node = node[step]
    return line + 1


def _model_at(place: Sequence[str | int]) -> type[BaseModel]:
    model: type[BaseModel] = Policy
    for step in place:
        field = model.model_fields.get(str(step))
        if field is None:
            continue
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    return model


def _description(place: Sequence[str | int]) -> str:
    names = [step for step in place if isinstance(step, str)]
    if isinstance(place[-1], int) and _model_at(place) is not _model_at(place[:-2]):
        return f"the keys {', '.join(_model_at(place).model_fields)}"
    last = len(place) - 1 - [*reversed(place)].index(names[-1])
    field = _model_at(place[:last]).model_fields.get(names[-1])
    return (field.description if field else None) or "see policy.example.yml"


def _allowed_keys(model: type[BaseModel]) -> str:
    return f"Allowed: {', '.join(model.model_fields)}."


def _did_you_mean(key: str, model: type[BaseModel]) -> str:
    near = get_close_matches(key, model.model_fields, n=1)
    return f' Did you mean "{near[0]}"?' if near else ""


def _dotted(place: Sequence[str | int]) -> str:
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the document"
