"""What every test gets: loopback sockets only, Stripe's sandbox with its traffic checked, shared input."""

from __future__ import annotations

import os

from pytest_socket import socket_allow_hosts

pytest_plugins = ["tests.contracts.fixtures", "tests.order", "tests.revops.store.fixtures"]

# Ours, Stripe's SDK and others read these; a test sets what it means to use.
for _name in (
    "STRIPE_API_KEY",
    "STRIPE_API_BASE",
    "STRIPE_ACTIONS_API_KEY",
    "STRIPE_ACCOUNT",
    "STRIPE_EXPORT",
    "STRIPE_EXPORT_AT",
    "STRIPE_MODE",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_CONNECT_WEBHOOK_SECRET",
    "STRIPE_CONNECT_CLIENT_ID",
    "STRIPE_CONNECT_API_KEY",
    "STRIPE_CONNECT_BASE",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_APP_TOKEN",
    "SLACK_API_BASE",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_TLS",
    "SMTP_USERNAME",
    "SMTP_PASSWORD",
    "SMTP_FROM",
    "SMTP_FROM_NAME",
    "SMTP_REPLY_TO",
    "SMTP_CA_FILE",
    "LINEAR_API_KEY",
    "LINEAR_API_BASE",
    "LEAKS_DASHBOARD_URL",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "LEAKS_PRODUCT_USAGE",
    "LEAKS_INBOX_LAG_LIMIT_SECONDS",
    "LEAKS_KEEP_BODIES_DAYS",
    "LEAKS_SECRET_KEY",
    "LEAKS_ANCHOR_DIR",
    "DATABASE_URL",
    "SENTRY_DSN",
):
    os.environ.pop(_name, None)


def pytest_runtest_setup() -> None:
    """Tests reach this machine and nothing else."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
