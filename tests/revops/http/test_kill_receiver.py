"""Killed under load again and again, the receiver has every event that it acknowledged, and each once."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from revops.settings import Settings
from revops.store import open_store
from revops.store.inbox import Inbox
from tests.revops.http.deliveries import SECRET, body_of, event, request, sign
from tests.revops.http.nursery import nursery

SEED = 20261121
KILLS = int(os.environ.get("RECEIVER_KILLS", "500"))
SENDERS = 8
SECONDS = 60.0
# One in so many deliveries repeats an event that was acknowledged, as Stripe may.
_REPEATED = 10


@dataclass
class Load:
    """Senders that deliver made-up events for as long as a receiver is up, and again what was not acknowledged."""

    port: int
    random: random.Random
    sent: Counter[int] = field(default_factory=Counter)
    stored: Counter[int] = field(default_factory=Counter)
    acknowledged: set[int] = field(default_factory=set)
    to_repeat: deque[int] = field(default_factory=deque)
    is_new_allowed: bool = True
    is_over: bool = False
    is_up: bool = False
    strange: list[bytes] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def up(self, is_up: bool) -> None:
        """Begin or stop delivering."""
        with self.changed:
            self.is_up = is_up
            self.changed.notify_all()

    def wait_for(self, more: int) -> None:
        """Wait until so many more were acknowledged."""
        with self.changed:
            aim = len(self.acknowledged) + more
            assert self.changed.wait_for(lambda: len(self.acknowledged) >= aim, SECONDS)

    def wait_until_all_are_acknowledged(self) -> None:
        """Deliver nothing new, and wait until everything that was ever sent has been taken."""
        with self.changed:
            self.is_new_allowed = False
            assert self.changed.wait_for(lambda: self.acknowledged == set(self.sent), SECONDS)

    def run(self) -> None:
        """One sender's thread."""
        connection: socket.socket | None = None
        while (number := self._next()) is not None:
            body = body_for(number)
            try:
                connection = connection or socket.create_connection(("127.0.0.1", self.port), SECONDS)
                connection.sendall(request(body, sign(body)))
                answer = answer_on(connection)
            except OSError:
                answer = b""
            if not answer and connection is not None:
                connection.close()
                connection = None
            self._note(number, answer)
        if connection is not None:
            connection.close()

    def _next(self) -> int | None:
        with self.changed:
            self.changed.wait_for(
                lambda: self.is_over or (self.is_up and (self.is_new_allowed or bool(self.to_repeat))), SECONDS
            )
            if self.is_over:
                return None
            if self.to_repeat:
                number = self.to_repeat.popleft()
            elif self.acknowledged and self.random.randrange(_REPEATED) == 0:
                number = self.random.randrange(len(self.sent))
            else:
                number = len(self.sent)
            self.sent[number] += 1
            return number

    def _note(self, number: int, answer: bytes) -> None:
        with self.changed:
            if answer.startswith(b"HTTP/1.1 200 "):
                self.acknowledged.add(number)
                self.stored[number] += b'"stored"' in answer
            else:
                self.to_repeat.append(number)
                if answer:
                    self.strange.append(answer[:100])
                elif self.is_up:
                    # Nobody listens at the moment: wait for the next change instead of asking in a loop.
                    self.changed.wait(0.01)
            self.changed.notify_all()


def answer_on(connection: socket.socket) -> bytes:
    """One answer, or what came of it before the connection broke."""
    answer = b""
    while not answer.endswith(b"}"):
        part = connection.recv(65_536)
        if not part:
            break
        answer += part
    return answer


def body_for(number: int) -> bytes:
    """The body of one of the events; sizes differ."""
    return body_of(event(number, data={"object": {"id": f"in_{number}", "note": "x" * (number * 37 % 3000)}}))


@contextmanager
def delivering(load: Load) -> Iterator[None]:
    senders = [threading.Thread(target=load.run) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        yield
    finally:
        with load.changed:
            load.is_over = True
            load.changed.notify_all()
        for sender in senders:
            sender.join()


def kill_again_and_again(settings: Settings, port: int, kills: int) -> None:
    dice = random.Random(SEED)
    environment = {"LEAKS_HOME": str(settings.leaks_home), "STRIPE_WEBHOOK_SECRET": SECRET}
    if settings.database_url is not None:
        environment["DATABASE_URL"] = settings.database_url.get_secret_value()
    open_store(settings, upgrade=True).close()
    load = Load(port, random.Random(SEED))
    with nursery(port, **environment) as receivers, delivering(load):
        for _ in range(kills):
            receiver = receivers.start()
            # Some are killed while they start, most between two acknowledgements among many.
            if dice.randrange(20):
                receivers.wait_until_ready()
                load.up(True)
                load.wait_for(dice.randrange(1, 40))
            os.kill(receiver, signal.SIGKILL)
            load.up(False)
            receivers.reap()
        assert load.acknowledged <= set(rows_of(settings)), "acknowledged events are lost"
        receiver = receivers.start()
        receivers.wait_until_ready()
        load.up(True)
        load.wait_until_all_are_acknowledged()
        os.kill(receiver, signal.SIGTERM)
        receivers.reap()
    rows = rows_of(settings)
    assert rows == {number: body_for(number) for number in load.sent}
    assert [number for number, times in load.stored.items() if times > 1] == [], "events were counted twice"
    assert load.strange == []
    print(  # noqa: T201 - what `make chaos -s` is asked for
        f"\n{kills} kills, {sum(load.sent.values()):,} deliveries of {len(load.sent):,} events, "
        f"{len(load.acknowledged):,} acknowledged: lost 0, counted twice 0"
    )


def rows_of(settings: Settings) -> dict[int, bytes]:
    """The body of every event in the inbox; raises where one is there twice."""
    with open_store(settings) as store:
        claimed = Inbox(store).claim("default", 10_000_000)
    numbers = [int(one.event.event_id.removeprefix("evt_")) for one in claimed]
    assert len(set(numbers)) == len(numbers)
    return {number: one.event.body for number, one in zip(numbers, claimed, strict=True)}


def test_three_kills(store_settings: Settings, port: int) -> None:
    kill_again_and_again(store_settings, port, 3)


@pytest.mark.chaos
def test_hundreds_of_kills(store_settings: Settings, port: int) -> None:
    kill_again_and_again(store_settings, port, KILLS)
