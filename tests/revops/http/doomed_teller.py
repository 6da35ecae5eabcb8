"""Tells people in Slack until it is killed. Run as a program; the environment says where."""

from __future__ import annotations

from revops import bootstrap_slack
from revops.settings import load_settings
from revops.store import open_store

if __name__ == "__main__":
    settings = load_settings(_env_file=None)
    with open_store(settings) as store:
        tell = bootstrap_slack.notifying(store, settings)
        print("ready", flush=True)  # noqa: T201 - whoever kills waits for it
        while True:
            tell()
