"""The real service on both engines."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from cryptography.fernet import Fernet

from revops.http.app import create_app
from revops.settings import Settings
from tests.revops.http.deliveries import CONNECT_SECRET, SECRET, SLACK_SECRET
from tests.revops.http.serving import Service, serving
from tests.revops.store.fixtures import make_settings


def with_secrets(settings: Settings) -> Settings:
    """The same settings with secrets of webhooks, with Connect and Slack where nobody answers."""
    secrets = {
        "stripe_webhook_secret": SECRET,
        "stripe_connect_webhook_secret": CONNECT_SECRET,
        "stripe_connect_client_id": "ca_of_the_platform",
        "stripe_connect_api_key": "sk_" + "live_of_the_platform",
        "stripe_connect_base": "http://127.0.0.1:9",
        "slack_bot_token": "xoxb-of-the-tenant-default",
        "slack_signing_secret": SLACK_SECRET,
        "slack_api_base": "http://127.0.0.1:9/api/",
    }
    return Settings.model_validate({**settings.model_dump(exclude_none=True), **secrets})


@pytest.fixture
def settings(store_settings: Settings) -> Settings:
    """Settings of a service that nobody has started yet, on either engine."""
    return with_secrets(store_settings)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """A running service, on either engine."""
    with serving(create_app(settings), settings) as one:
        yield one


@pytest.fixture(scope="module")
def strict_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One running service for all tests of a file in which nothing is stored."""
    key = Fernet.generate_key().decode()
    settings = with_secrets(make_settings(tmp_path_factory.mktemp("strict") / "home", key))
    with serving(create_app(settings), settings) as one:
        yield one


@pytest.fixture
def sqlite_service(sqlite_settings: Settings) -> Iterator[Service]:
    """A running service on SQLite, for what does not depend on the engine."""
    settings = with_secrets(sqlite_settings)
    with serving(create_app(settings), settings) as one:
        yield one


@pytest.fixture
def port() -> int:
    """A free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
