"""Wires a person's word on leaks themselves: dismissing, owners, and definitions that wait for a word."""

from revops.bootstrap_actions import actions
from revops.service.dismiss import Dismissing
from revops.settings import Settings
from revops.store import Store
from revops.store.signing_keys import load_signer
from revops.store.suppressions import Suppressions
from revops.store.withdrawals import Withdrawals


def suppressions(store: Store, settings: Settings) -> Suppressions:
    """What was dismissed. Raises SecretKeyError."""
    return Suppressions(store, load_signer(settings), actions(store, settings))


def withdrawals(store: Store, settings: Settings) -> Withdrawals:
    """New definitions that wait for a word. Raises SecretKeyError."""
    return Withdrawals(store, load_signer(settings))


def dismissing(store: Store, settings: Settings) -> Dismissing:
    """Where leaks are dismissed and assigned. Raises SecretKeyError."""
    return Dismissing(suppressions(store, settings))
