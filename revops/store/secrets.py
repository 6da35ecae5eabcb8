"""Credentials at rest: encrypted with LEAKS_SECRET_KEY, which is not in the database.

Several keys, separated by commas, let a key be changed while everything runs: the first encrypts, all
decrypt. What is encrypted names its owner, so a row copied to another tenant opens nothing there.
"""

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from revops.store.errors import SecretKeyError

_MAKE = "`leaks db new-key` prints one"


class Secrets:
    """Encrypts and decrypts. Without a key it can be made, but neither encrypts nor decrypts."""

    def __init__(self, keys: SecretStr | None) -> None:
        """`keys` is LEAKS_SECRET_KEY. Raises SecretKeyError where one of them is no key."""
        texts = [key.strip() for key in (keys.get_secret_value() if keys else "").split(",") if key.strip()]
        self._fernet = MultiFernet([_key(text, number) for number, text in enumerate(texts, 1)]) if texts else None

    def __repr__(self) -> str:
        return f"Secrets({'with' if self._fernet else 'without'} a key)"

    def encrypt(self, secret: SecretStr, owner: str) -> bytes:
        """The secret of an owner (an integration's id), for the database. Raises SecretKeyError."""
        content = json.dumps({"owner": owner, "secret": secret.get_secret_value()})
        return self._ready().encrypt(content.encode())

    def decrypt(self, encrypted: bytes, owner: str) -> SecretStr:
        """The reverse. Raises SecretKeyError for another key, another owner, or bytes that were changed."""
        fernet = self._ready()
        try:
            content = json.loads(fernet.decrypt(bytes(encrypted)))
        except InvalidToken:
            raise SecretKeyError(
                f"The credentials of {owner} were encrypted with another key than those in LEAKS_SECRET_KEY. Put the "
                "former key back (new,former: the first encrypts, all decrypt), or connect the integration again."
            ) from None
        if content["owner"] != owner:
            raise SecretKeyError(f"The credentials stored with {owner} belong to another. Connect it again.")
        return SecretStr(content["secret"])

    def rotate(self, encrypted: bytes, owner: str) -> bytes:
        """The same secret, encrypted with the first key. Raises SecretKeyError as `decrypt` does."""
        return self.encrypt(self.decrypt(encrypted, owner), owner)

    def require_key(self) -> None:
        """Raise SecretKeyError where there is no key, before anything else is done."""
        self._ready()

    def _ready(self) -> MultiFernet:
        if self._fernet is None:
            raise SecretKeyError(f"LEAKS_SECRET_KEY is not set; credentials are kept encrypted only. {_MAKE}.")
        return self._fernet


def new_key() -> str:
    """A fresh random key for LEAKS_SECRET_KEY."""
    return Fernet.generate_key().decode()


def _key(text: str, number: int) -> Fernet:
    try:
        return Fernet(text)
    except ValueError:
        # Not chained and not quoted: what is no key may be one with a letter missing.
        raise SecretKeyError(
            f"Key {number} of LEAKS_SECRET_KEY is no key: it must be 32 bytes in URL-safe base64. {_MAKE}."
        ) from None
