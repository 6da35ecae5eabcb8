"""A process that tells people in Slack is killed right after a message was posted, before it has noted so."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from revops.settings import Settings
from revops.store import Store
from revops.store.slack_messages import slack_messages
from revops.store.tables import outbox
from sandbox.slack import Running, running
from tests.revops.http.slack_desk import SlackDesk, wait

KILLS = int(os.environ.get("TELLER_KILLS", "20"))
_PASSED = timedelta(minutes=3)


@pytest.fixture
def slack() -> Iterator[Running]:
    with running() as one:
        yield one


@pytest.fixture
def desk(sqlite_store: Store, sqlite_settings: Settings, slack: Running) -> SlackDesk:
    given = {"slack_bot_token": slack.workspace.bot_token, "slack_api_base": slack.api_url}
    settings = Settings.model_validate({**sqlite_settings.model_dump(exclude_none=True), **given})
    desk = SlackDesk(sqlite_store, settings, slack)
    desk.policy('slack: {channel: "#revenue", digest_above: 1000}')
    return desk


def start(desk: SlackDesk) -> subprocess.Popen[str]:
    """A teller that has begun."""
    key = desk.settings.leaks_secret_key
    environment = {
        **os.environ,
        "LEAKS_HOME": str(desk.settings.leaks_home),
        "LEAKS_SECRET_KEY": key.get_secret_value() if key else "",
        "SLACK_BOT_TOKEN": desk.slack.workspace.bot_token,
        "SLACK_API_BASE": desk.slack.api_url,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.revops.http.doomed_teller"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def let_leases_run_out(store: Store) -> None:
    """As if three minutes had passed."""
    with store.tenant("default") as connection:
        for table, key, column in (
            (outbox, outbox.c.outbox_id, outbox.c.available_at),
            (slack_messages, slack_messages.c.message_key, slack_messages.c.begun_at),
        ):
            rows = connection.execute(select(key, column).where(table.c.tenant_id == "default")).all()
            for one, at in rows:
                mine = (table.c.tenant_id == "default", key == one)
                connection.execute(update(table).where(*mine).values({column.name: at - _PASSED}))


@pytest.mark.chaos
def test_every_proposal_has_one_message_in_the_end_whenever_the_teller_is_killed(desk: SlackDesk) -> None:
    dice = random.Random(5)
    for number in range(KILLS):
        for _ in range(3):
            desk.propose(customer_id=f"cus_{dice.randrange(6)}")
        before = len(desk.slack.record.of("posted")) + dice.randrange(3)
        # The message is there, and its answer is not: now.
        desk.slack.fail_next("chat.postMessage", "slow", times=100, after_execution=True, seconds=0.15)
        process = start(desk)
        wait(lambda before=before: len(desk.slack.record.of("posted")) > before)
        process.kill()
        process.communicate()
        desk.slack.faults.clear()
        let_leases_run_out(desk.store)
        assert process.returncode == -9, number
    while desk.tell().total:
        let_leases_run_out(desk.store)
    posted = Counter((one.metadata or {})["event_payload"]["key"] for one in desk.slack.record.of("posted"))
    print(f"{KILLS} kills, {len(posted)} proposals, {posted.total() - len(posted)} posted twice")  # noqa: T201
    assert len(posted) == 3 * KILLS
    assert set(posted.values()) == {1}
    with desk.store.tenant("default", is_read_only=True) as connection:
        waiting = select(outbox.c.outbox_id).where(outbox.c.tenant_id == "default", outbox.c.sent_at.is_(None))
        assert connection.execute(waiting).all() == []
