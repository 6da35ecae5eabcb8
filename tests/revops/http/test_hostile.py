"""Whatever is sent, the service answers without a fault of its own and keeps nothing that is not signed."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from tests.revops.http import hostile
from tests.revops.http.deliveries import body_of, event
from tests.revops.http.serving import Service

SEED = 20261121
REQUESTS = int(os.environ.get("HOSTILE_REQUESTS", "10000"))
# One in so many is sound: in the middle of it all, honest events are taken.
_SOUND = 50
# The service stops reading what is too large; a client that goes on sending may miss the answer.
_MAY_BE_RESET = frozenset(("too large",))


def send_many(service: Service, requests: int) -> None:
    dice = random.Random(SEED)
    answers: Counter[tuple[str, int | None]] = Counter()
    sound = []
    for number in range(requests):
        if number % _SOUND == 0:
            sound.append(body_of(event(number)))
            assert service.deliver(sound[-1]).json() == {"result": "stored"}
            continue
        one = hostile.make(dice, number)
        status = hostile.send(service.address, one)
        answers[one.kind, status] += 1
        assert status is None or 400 <= status < 500, (one.kind, status, one.data[:300])
        assert status is not None or not one.is_answered or one.kind in _MAY_BE_RESET, (one.kind, one.data[:300])
    assert [body for _, _, body in service.rows()] == sound
    assert service.client.get("/readyz").status_code == 200
    lines = [f"{kind:<24} {status or '-':>4} {times:>6}" for (kind, status), times in sorted(answers.items(), key=str)]
    print("", *lines, sep="\n")  # noqa: T201 - what `make chaos -s` is asked for


def test_some_hundred_hostile_requests(service: Service) -> None:
    send_many(service, 400)


@pytest.mark.chaos
def test_ten_thousand_hostile_requests(service: Service) -> None:
    send_many(service, REQUESTS)
