"""Ids and randomness: the same seed and number make the same customer, in any process and order."""

from __future__ import annotations

import random
import string

_ALPHABET = (string.ascii_letters + string.digits).encode()
_TABLE = bytes(_ALPHABET[number % len(_ALPHABET)] for number in range(256))
_LENGTHS = {"cus": 14, "prod": 14, "si": 14}


def source(*parts: object) -> random.Random:
    """Randomness that depends on these parts and nothing else."""
    return random.Random("/".join(map(str, parts)))


def letters(random_source: random.Random, length: int) -> str:
    """So many letters and digits."""
    return random_source.randbytes(length).translate(_TABLE).decode()


def identifier(random_source: random.Random, prefix: str) -> str:
    """A fresh id in Stripe's form, e.g. `ch_3Qk...`."""
    return f"{prefix}_{random_source.randbytes(_LENGTHS.get(prefix, 24)).translate(_TABLE).decode()}"
