"""The demo's people: where they are asked and written to, who may decide, and a policy that lets approvals happen."""

import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.processes import Children, free_port

CHANNEL = "#revenue"
# The mail sandbox's own.
USERNAME = "leaks"
# Who is there in the stand-in, and what they may do; Drew has no role, and hears so.
_TEAM = "T0SANDBOX1"
_PEOPLE = (("U0ADA00001", "Ada Lindqvist", "admin"), ("U0BEN00002", "Ben Okafor", "approver"))
WEB_PERSON = "web:ada@lantern.example"
# Of the company's own policy nothing changes: this follows it.
_POLICY = f"""
approvals:
  undo_seconds: 5

dispatch:
  retry_invoice: on
  send_email: on
  open_task: on

letters:
  company: Lantern Reports
  support_address: help@lantern.example
  sent_by: us
  portal_return_url: https://app.lantern.example/billing

tasks:
  team: REV
  assignee: ada

slack:
  channel: "{CHANNEL}"
  # Each proposal is a message of its own here, so that its buttons are at hand.
  digest_above: 200
"""


@dataclass(frozen=True)
class SlackTokens:
    """Made up for this demo."""

    bot_token: str
    signing_secret: str


def make_tokens() -> SlackTokens:
    """Fresh ones; built here, so that nothing that looks like a token is ever stored."""
    return SlackTokens(f"xoxb-{secrets.token_hex(12)}", secrets.token_hex(16))


def start_slack(
    children: Children,
    home: Path,
    tokens: SlackTokens,
    receiver: int,
    environment: dict[str, str],
    wait: Callable[[Callable[[], bool]], None],
) -> str:
    """Start the stand-in; returns its address, where a person finds the channels and presses buttons."""
    command = [
        "slack",
        *("--bot-token", tokens.bot_token, "--signing-secret", tokens.signing_secret),
        *("--request-url", f"http://127.0.0.1:{receiver}/slack/default", "--channel", CHANNEL.removeprefix("#")),
        *("--record", str(home / "slack.jsonl")),
    ]
    return _start(children, home, command, environment, wait)


def start_mail(
    children: Children, home: Path, environment: dict[str, str], wait: Callable[[Callable[[], bool]], None]
) -> tuple[str, dict[str, str]]:
    """Start the mail server; returns the inbox's address, and the settings of whoever sends."""
    port, password, ca_file = free_port(2525), secrets.token_hex(12), home / "mail-ca.pem"
    command = ["mail", "--smtp-port", str(port), "--password", password, "--ca-file", str(ca_file)]
    address = _start(children, home, [*command, "--record", str(home / "mails.jsonl")], environment, wait)
    settings = {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_USERNAME": USERNAME,
        "SMTP_PASSWORD": password,
        "SMTP_CA_FILE": str(ca_file),
        "SMTP_FROM": "billing@lantern.example",
        "SMTP_FROM_NAME": "Lantern Reports",
    }
    return address, settings


def start_linear(
    children: Children, home: Path, environment: dict[str, str], wait: Callable[[Callable[[], bool]], None]
) -> tuple[str, dict[str, str]]:
    """Start the Linear workspace; returns its page's address, and the settings of an app in it."""
    key = f"lin_api_{secrets.token_hex(16)}"
    address = _start(children, home, ["linear", "--api-key", key], environment, wait)
    return address, {"LINEAR_API_KEY": key, "LINEAR_API_BASE": f"{address}/graphql"}


def _start(
    children: Children,
    home: Path,
    command: list[str],
    environment: dict[str, str],
    wait: Callable[[Callable[[], bool]], None],
) -> str:
    """Start a stand-in; the first address that it names."""
    log = children.start(command[0], [sys.executable, "-m", "cli.sandbox", *command], cwd=home, env=environment)
    found: list[str] = []

    def has_address() -> bool:
        found.extend(re.findall(r"http://127\.0\.0\.1:\d+", log.read_text(errors="replace")))
        return bool(found)

    wait(has_address)
    return found[0]


def write_policy(of_company: Path, path: Path) -> None:
    """The company's policy, and what the demo adds."""
    path.write_text(of_company.read_text(encoding="utf-8") + _POLICY, encoding="utf-8")


def add_people() -> None:
    """Give the demo's people their roles."""
    from cli.person import person_id
    from cli.store import open_for_verb
    from revops.domain.person import check_role
    from revops.settings import TENANT
    from revops.store.people import People

    at = datetime.now(UTC)
    known = [(f"slack:{_TEAM}:{user}", name, role) for user, name, role in _PEOPLE]
    with open_for_verb() as store:
        people = People(store)
        for who, name, role in (*known, (WEB_PERSON, "Ada Lindqvist", "admin"), (person_id(), "You", "admin")):
            people.add(TENANT, who, check_role(role), name, actor="demo", at=at)
