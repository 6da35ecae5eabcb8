"""No file may grow, as on a full disk: what cannot be stored is refused, and taken when it comes again."""

from __future__ import annotations

import os
import resource
import signal
import socket

import psutil

from revops.settings import Settings
from revops.store import open_store
from tests.revops.http.deliveries import SECRET, request, sign
from tests.revops.http.nursery import nursery
from tests.revops.http.test_kill_receiver import SECONDS, answer_on, body_for, rows_of

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def _deliver(port: int, number: int) -> bytes:
    body = body_for(number)
    with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
        connection.sendall(request(body, sign(body)))
        return answer_on(connection)


def test_on_a_full_disk_events_are_refused_and_taken_later(sqlite_settings: Settings, port: int) -> None:
    open_store(sqlite_settings, upgrade=True).close()
    settings = {"LEAKS_HOME": str(sqlite_settings.leaks_home), "STRIPE_WEBHOOK_SECRET": SECRET}
    with nursery(port, **settings) as receivers:
        receiver = receivers.start()
        receivers.wait_until_ready()
        assert _deliver(port, 1).startswith(b"HTTP/1.1 200 ")
        psutil.Process(receiver).rlimit(psutil.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        refused = _deliver(port, 2)
        psutil.Process(receiver).rlimit(psutil.RLIMIT_FSIZE, UNLIMITED)
        assert refused.startswith(b"HTTP/1.1 500 ")
        assert b"not_stored" in refused
        assert b'"stored"' in _deliver(port, 2)
        os.kill(receiver, signal.SIGTERM)
        receivers.reap()
    assert rows_of(sqlite_settings) == {number: body_for(number) for number in (1, 2)}
