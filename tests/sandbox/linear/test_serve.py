"""In the foreground: it says where it listens and with which key, and ends with a signal."""

from __future__ import annotations

import signal
import subprocess
import sys

import httpx
import pytest

SERVE = "from sandbox.linear import serve; serve({arguments})"


@pytest.mark.parametrize("key", [None, "lin_api_given"])
def test_it_serves_until_a_signal_and_says_only_a_key_that_it_made(key: str | None) -> None:
    code = SERVE.format(arguments=f"api_key={key!r}")
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        url = process.stderr.readline().rpartition(" ")[2].strip()
        if key is None:
            assert process.stderr.readline() == "Settings of an app in it:\n"
            assert process.stderr.readline() == f"  LINEAR_API_BASE={url}/graphql\n"
            key = process.stderr.readline().rpartition("=")[2].strip()
        answer = httpx.post(f"{url}/graphql", json={"query": "{ viewer { isMe } }"}, headers={"Authorization": key})
        assert answer.json() == {"data": {"viewer": {"isMe": True}}}
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
