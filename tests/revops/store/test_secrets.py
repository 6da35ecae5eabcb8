"""Credentials are unreadable without the key, a key can be changed, and no text shows a secret."""

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from revops.store import SecretKeyError
from revops.store.secrets import Secrets, new_key

API_KEY = SecretStr("rk_live_51HxSecretSecret")


def secrets(*keys: str) -> Secrets:
    return Secrets(SecretStr(",".join(keys)))


def test_what_is_encrypted_comes_back_for_its_owner_alone() -> None:
    ours = secrets(new_key())
    encrypted = ours.encrypt(API_KEY, "int_1")
    assert b"Secret" not in encrypted
    assert ours.decrypt(encrypted, "int_1") == API_KEY
    with pytest.raises(SecretKeyError, match="int_2 belong to another"):
        ours.decrypt(encrypted, "int_2")


def test_a_new_key_encrypts_while_the_former_still_decrypts() -> None:
    former, new = new_key(), new_key()
    encrypted = secrets(former).encrypt(API_KEY, "int_1")
    both = secrets(new, former)
    assert both.decrypt(encrypted, "int_1") == API_KEY
    anew = both.rotate(encrypted, "int_1")
    assert secrets(new).decrypt(anew, "int_1") == API_KEY
    with pytest.raises(SecretKeyError):
        secrets(former).decrypt(anew, "int_1")


def test_another_key_says_what_to_do() -> None:
    encrypted = secrets(new_key()).encrypt(API_KEY, "int_1")
    with pytest.raises(SecretKeyError, match=r"int_1 .* another key .* Put the former key back") as raised:
        secrets(new_key()).decrypt(encrypted, "int_1")
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("keys", [None, SecretStr(""), SecretStr(" , ")])
def test_without_a_key_nothing_is_encrypted(keys: SecretStr | None) -> None:
    with pytest.raises(SecretKeyError, match=r"LEAKS_SECRET_KEY is not set.*leaks db new-key"):
        Secrets(keys).encrypt(API_KEY, "int_1")


def test_what_is_no_key_is_named_by_its_place() -> None:
    with pytest.raises(SecretKeyError, match="Key 2 of LEAKS_SECRET_KEY") as raised:
        secrets(new_key(), "almost-a-key")
    assert "almost" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_bytes_that_were_changed_are_refused() -> None:
    ours = secrets(new_key())
    encrypted = bytearray(ours.encrypt(API_KEY, "int_1"))
    encrypted[30] ^= 1
    with pytest.raises(SecretKeyError):
        ours.decrypt(bytes(encrypted), "int_1")


def test_no_text_of_it_shows_a_key() -> None:
    key = new_key()
    ours = secrets(key)
    assert key not in repr(ours) + str(ours) + repr(vars(ours)) + repr(ours.decrypt(ours.encrypt(API_KEY, "i"), "i"))
    assert repr(Secrets(None)) == "Secrets(without a key)"


def test_a_new_key_is_one() -> None:
    Fernet(new_key())
    assert new_key() != new_key()
