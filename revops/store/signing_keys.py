"""The keys that sign decision records: one per tenant, made with its first record, changed by `leaks decisions keys`.

The private half lies in the database, encrypted by LEAKS_SECRET_KEY. Where that is not set, a key in a file of its own
encrypts it (`LEAKS_HOME/keys/decisions.key`, for its owner alone, made on first use): a first run has to sign without
asking anybody for a secret, and who gets hold of the database or a backup still cannot. Several machines with one
PostgreSQL need LEAKS_SECRET_KEY, because each would have another file.

A record must be signed while the decision's transaction is open, so that neither exists without the other. Nothing but
the database is asked there: `load_signer` has read the settings and the file before, a private key is decrypted once.
"""

import base64
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from sqlalchemy import ColumnElement, Connection, RowMapping, insert, select, update

from revops.domain.decision_record import key_id_of
from revops.settings import Settings
from revops.store.decision_tables import signing_keys
from revops.store.errors import SecretKeyError
from revops.store.secrets import Secrets, new_key


@dataclass(frozen=True)
class SigningKey:
    """A tenant's key of now."""

    key_id: str
    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """Its public half, 32 raw bytes."""
        return self.private.public_key().public_bytes_raw()


@dataclass(frozen=True)
class KnownKey:
    """A key as anybody may see it; `public_key` is its 32 bytes in base64."""

    tenant_id: str
    key_id: str
    public_key: str
    created_at: datetime
    retired_at: datetime | None

    @property
    def raw(self) -> bytes:
        """The public key's bytes; those of what is no base64 are no key's."""
        try:
            return base64.b64decode(self.public_key, validate=True)
        except ValueError:
            return b""


class Signer:
    """Finds a tenant's key within a transaction and remembers it; threads may share one. Get it from `load_signer`."""

    def __init__(self, secrets: Secrets) -> None:
        """`secrets` encrypts private keys."""
        self._secrets = secrets
        self._known: dict[tuple[str, str], SigningKey] = {}

    def key(self, connection: Connection, tenant_id: str, at: datetime) -> SigningKey:
        """The tenant's key of now, made where there is none; the caller holds the tenant's row.

        Raises SecretKeyError where it cannot be decrypted.
        """
        row = _current(connection, tenant_id)
        if row is not None:
            return self._decrypted(row)
        key = new_signing_key()
        self.put(connection, tenant_id, key, at)
        return key

    def put(self, connection: Connection, tenant_id: str, key: SigningKey, at: datetime) -> None:
        """Keep a fresh key, which is the tenant's from now on; there must be no other."""
        row = {"tenant_id": tenant_id, "key_id": key.key_id, "public_key": as_text(key.public), "created_at": at}
        text = SecretStr(base64.b64encode(key.private.private_bytes_raw()).decode())
        encrypted = self._secrets.encrypt(text, _owner(row))
        connection.execute(insert(signing_keys).values(**row, private_key=encrypted))
        self._known[tenant_id, key.key_id] = key

    def encrypt_anew(self, connection: Connection) -> int:
        """Encrypt every private key with the first key of LEAKS_SECRET_KEY, and count them. Raises SecretKeyError."""
        query = select(signing_keys).where(signing_keys.c.retired_at.is_(None)).with_for_update()
        rows = connection.execute(query).mappings().all()
        for row in rows:
            self._decrypted(row)
            anew = self._secrets.rotate(row["private_key"], _owner(row))
            connection.execute(update(signing_keys).where(*_mine(row)).values(private_key=anew))
        return len(rows)

    def _decrypted(self, row: RowMapping) -> SigningKey:
        known = self._known.get((row["tenant_id"], row["key_id"]))
        if known is not None:
            return known
        try:
            text = self._secrets.decrypt(row["private_key"] or b"", _owner(row))
        except SecretKeyError as error:
            raise SecretKeyError(
                f"The key that signs decisions of {row['tenant_id']} cannot be decrypted: it was encrypted with "
                "another LEAKS_SECRET_KEY, or with LEAKS_HOME/keys/decisions.key of another home. Put that back; if "
                f"it is lost for good, `leaks decisions keys rotate --tenant {row['tenant_id']} --lost` begins a new "
                "key and says so in the log."
            ) from error
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(text.get_secret_value()))
        key = SigningKey(row["key_id"], private)
        self._known[row["tenant_id"], row["key_id"]] = key
        return key


def new_signing_key() -> SigningKey:
    """A fresh key of nobody's yet."""
    private = Ed25519PrivateKey.generate()
    return SigningKey(key_id_of(private.public_key().public_bytes_raw()), private)


def retire(connection: Connection, tenant_id: str, at: datetime) -> str | None:
    """End the tenant's key of now and forget its private half; its id, None where there was none."""
    row = _current(connection, tenant_id)
    if row is None:
        return None
    connection.execute(update(signing_keys).where(*_mine(row)).values(retired_at=at, private_key=None))
    key_id: str = row["key_id"]
    return key_id


def read_keys(connection: Connection, tenant_id: str) -> list[KnownKey]:
    """Every key the tenant ever had, oldest first."""
    names = KnownKey.__dataclass_fields__
    query = select(*(signing_keys.c[name] for name in names)).where(signing_keys.c.tenant_id == tenant_id)
    rows = connection.execute(query.order_by(signing_keys.c.created_at, signing_keys.c.key_id)).mappings()
    return [KnownKey(**row) for row in rows]


def load_signer(settings: Settings) -> Signer:
    """Read what decrypts the keys; without LEAKS_SECRET_KEY the file, made where there is none.

    Raises SecretKeyError where one of them is no key. Call it outside of transactions.
    """
    given = settings.leaks_secret_key.get_secret_value() if settings.leaks_secret_key else ""
    path = settings.leaks_home / "keys" / "decisions.key"
    # What the file encrypted before LEAKS_SECRET_KEY was set is still read by it; the first of them encrypts.
    from_file = _read_or_make(path) if path.exists() or not given.strip() else ""
    return Signer(Secrets(SecretStr(",".join((given, from_file)))))


def as_text(public_key: bytes) -> str:
    """A public key as it is written for people: base64."""
    return base64.b64encode(public_key).decode()


def _read_or_make(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        # Written beside it and linked: of two processes one wins, and nobody reads half a key.
        handle, name = tempfile.mkstemp(prefix=".decisions-", dir=path.parent)
        with os.fdopen(handle, "w") as stream:
            stream.write(new_key())
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            Path(name).unlink()
    return path.read_text(encoding="ascii").strip()


def _current(connection: Connection, tenant_id: str) -> RowMapping | None:
    key = signing_keys.c
    query = select(signing_keys).where(key.tenant_id == tenant_id, key.retired_at.is_(None))
    return connection.execute(query).mappings().one_or_none()


def _mine(row: RowMapping) -> tuple[ColumnElement[bool], ...]:
    return signing_keys.c.tenant_id == row["tenant_id"], signing_keys.c.key_id == row["key_id"]


def _owner(row: Mapping[str, object] | RowMapping) -> str:
    return f"signing-key:{row['tenant_id']}:{row['key_id']}"
