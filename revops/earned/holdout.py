"""Which payers are left alone, so that what comes back by itself is known.

Whether a payer is held out follows from the tenant's salt and the payer alone: it is fixed before anybody knows what
leaks, nobody can choose it, and no table remembers it. A larger share adds payers and lets none go. All leaks of a
payer are in one arm, because a letter about one invoice gets another paid.
"""

import hashlib
import hmac

from revops.errors import RevopsError

_ALL = 10_000
_BITS = 64
_SHORTEST_SALT = 16


class HoldoutError(RevopsError):
    """A share or a salt that cannot be used."""

    exit_code = 2


def payer_of(customer_id: str, shared_key: str | None) -> str:
    """Who pays: the key that several customers share (a card's fingerprint, a company), else the customer.

    Neither can be taken for the other.
    """
    return f"shared:{shared_key}" if shared_key else f"customer:{customer_id}"


def in_holdout(tenant_salt: str, payer: str, share_basis_points: int = 0) -> bool:
    """Whether a payer is held out; a share of 500 basis points is 5 %.

    `tenant_salt` is random (16 characters or more) and stays the same while figures of hold-outs are compared. Raises
    HoldoutError.
    """
    if not 0 <= share_basis_points <= _ALL:
        raise HoldoutError(f"A hold-out of {share_basis_points} basis points: give 0 (nobody) to {_ALL:,} (everybody).")
    if len(tenant_salt) < _SHORTEST_SALT:
        raise HoldoutError(
            f"The salt of the hold-out has {len(tenant_salt)} characters: whoever guesses it knows who is left alone. "
            f"Give at least {_SHORTEST_SALT} random ones."
        )
    if not payer:
        raise HoldoutError("A hold-out is by payer, and this leak names none; leave it out of the experiment.")
    digest = hmac.digest(tenant_salt.encode(), payer.encode("utf-8", "surrogatepass"), hashlib.sha256)
    place = int.from_bytes(digest[: _BITS // 8], "big")
    return place * _ALL < share_basis_points << _BITS


def applies(amount_minor: int | None, threshold_minor: int | None, is_required_by_law: bool) -> bool:
    """Whether a leak takes part in the experiment at all, in either arm.

    Amounts are minor units of the reporting currency; above the threshold (None: there is none) too much is at stake,
    and an amount without a rate (None) may be above it. A notice that the law requires goes to everybody.
    """
    if is_required_by_law:
        return False
    return threshold_minor is None or (amount_minor is not None and amount_minor <= threshold_minor)
