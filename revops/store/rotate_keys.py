"""Another key for a tenant's decision records.

The former key signs the record that names its successor, so whoever trusts the one can trust the other; then its
private half is forgotten, and a copy that somebody took signs nothing that the verifier accepts after it. A key that is
lost cannot do that: the new one names itself, and the verifier asks that somebody vouches for it from outside.
"""

from dataclasses import dataclass
from datetime import datetime

from revops.domain.decision_record import KEY_REPLACED, KEY_ROTATED, Entry
from revops.store.decisions import append
from revops.store.security_log import SecurityLine
from revops.store.security_log import append as append_line
from revops.store.signing_keys import Signer, SigningKey, as_text, new_signing_key, retire
from revops.store.store import Store
from revops.store.tenants import require


@dataclass(frozen=True)
class Rotated:
    """The key that signs from now on, and the id of the one before (None: there was none)."""

    key: SigningKey
    former_key_id: str | None


def rotate(
    store: Store, signer: Signer, tenant_id: str, *, is_lost: bool = False, actor: str, role: str, at: datetime
) -> Rotated:
    """Begin a new key, with a record and a line in the security log; the former one is needed unless it is lost.

    Raises TenantError, and SecretKeyError where the former key cannot be decrypted.
    """
    key = new_signing_key()
    data = {"public_key": as_text(key.public), "key_id": key.key_id}
    kind = KEY_REPLACED if is_lost else KEY_ROTATED
    entry = Entry(kind, "signing_key", key.key_id, None, None, actor, role, "cli", data)
    with store.tenant(tenant_id) as connection:
        require(connection, tenant_id)
        if is_lost:
            former = retire(connection, tenant_id, at)
            signer.put(connection, tenant_id, key, at)
            append(connection, signer, tenant_id, entry, at)
        else:
            append(connection, signer, tenant_id, entry, at)
            former = retire(connection, tenant_id, at)
            signer.put(connection, tenant_id, key, at)
        detail = {"key_id": key.key_id, "former_key_id": former, "is_lost": is_lost}
        append_line(connection, SecurityLine(tenant_id, at, actor, "secret_rotated", detail=detail))
    return Rotated(key, former)
