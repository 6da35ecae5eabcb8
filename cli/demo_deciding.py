"""The demo's people: a Slack workspace, who may decide there, and a policy that lets approved retries happen."""

import re
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.processes import Children

CHANNEL = "#revenue"
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

slack:
  channel: "{CHANNEL}"
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
        *(sys.executable, "-m", "cli.sandbox", "slack"),
        *("--bot-token", tokens.bot_token, "--signing-secret", tokens.signing_secret),
        *("--request-url", f"http://127.0.0.1:{receiver}/slack/default", "--channel", CHANNEL.removeprefix("#")),
        *("--record", str(home / "slack.jsonl")),
    ]
    log = children.start("slack", command, cwd=home, env=environment)
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
