"""Who gets hold of the database cannot sign; without LEAKS_SECRET_KEY a file beside it keeps the secret."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select

from revops.settings import Settings
from revops.store import SecretKeyError, Store
from revops.store.decision_tables import signing_keys
from revops.store.signing_keys import Signer, load_signer, read_keys
from tests.revops.store.deciding import decide
from tests.revops.store.filled import AT
from tests.revops.store.fixtures import make_settings

pytestmark = pytest.mark.usefixtures("no_io_inside_transactions", "statements_name_their_tenant")


def with_keys(settings: Settings, *keys: str) -> Settings:
    return settings.model_copy(update={"leaks_secret_key": SecretStr(",".join(keys)) if keys else None})


def private_key(store: Store) -> bytes:
    with store.tenant("default", is_read_only=True) as connection:
        query = select(signing_keys.c.private_key).where(signing_keys.c.tenant_id == "default")
        return bytes(connection.execute(query).scalar_one())


def test_the_key_in_the_database_is_encrypted(store: Store, store_settings: Settings, secret_key: str) -> None:
    signer = load_signer(store_settings)
    decide(store, signer)
    with store.tenant("default", is_read_only=True) as connection:
        raw = signer.key(connection, "default", AT).private.private_bytes_raw()
    assert raw not in private_key(store)
    assert b"secret" in Fernet(secret_key).decrypt(private_key(store))


def test_with_leaks_secret_key_no_file_is_made(store: Store, store_settings: Settings) -> None:
    decide(store, load_signer(store_settings))
    assert not (store_settings.leaks_home / "keys").exists()


def test_a_later_process_signs_with_the_same_key(store: Store, store_settings: Settings) -> None:
    first, second = (decide(store, load_signer(store_settings)) for _ in range(2))
    assert first.record.key_id == second.record.key_id


@pytest.fixture
def keyless(tmp_path: Path, open_new: Callable[[Settings], Store]) -> tuple[Settings, Store]:
    """A first run: nobody has set a key."""
    settings = make_settings(tmp_path / "home", "").model_copy(update={"leaks_secret_key": None})
    return settings, open_new(settings)


def test_without_a_key_a_file_for_its_owner_alone_keeps_one(keyless: tuple[Settings, Store]) -> None:
    settings, store = keyless
    first, second = (decide(store, load_signer(settings)) for _ in range(2))
    assert first.record.key_id == second.record.key_id
    (file,) = (settings.leaks_home / "keys").iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("decisions.key", 0o600)
    assert file.parent.stat().st_mode & 0o777 == 0o700
    Fernet(file.read_text()).decrypt(private_key(store))


def test_several_processes_that_make_the_file_at_once_have_one_key(keyless: tuple[Settings, Store]) -> None:
    settings, store = keyless
    with ThreadPoolExecutor(6) as pool:
        signers: list[Signer] = list(pool.map(lambda _: load_signer(settings), range(6)))
    assert len({decide(store, signer).record.key_id for signer in signers}) == 1


def test_a_leaks_secret_key_that_is_set_later_leaves_the_key_as_it_was(keyless: tuple[Settings, Store]) -> None:
    settings, store = keyless
    before = decide(store, load_signer(settings))
    later = load_signer(with_keys(settings, new := Fernet.generate_key().decode()))
    assert decide(store, later).record.key_id == before.record.key_id
    with store.everyone() as connection:
        assert later.encrypt_anew(connection) == 1
    Fernet(new).decrypt(private_key(store))


def test_another_key_says_what_to_do_and_signs_nothing(store: Store, store_settings: Settings) -> None:
    decide(store, load_signer(store_settings))
    stranger = load_signer(with_keys(store_settings, Fernet.generate_key().decode()))
    with pytest.raises(SecretKeyError, match=r"decisions of default.*Put that back.*keys rotate .*--lost"):
        decide(store, stranger)


def test_a_key_copied_to_another_tenant_opens_nothing_there(store: Store, store_settings: Settings) -> None:
    decide(store, load_signer(store_settings))
    with store.everyone() as connection:
        row = dict(connection.execute(select(signing_keys)).mappings().one())
        connection.exec_driver_sql("insert into tenants values ('rival', 'rival', '2026-01-01', null)")
        connection.execute(signing_keys.insert().values(row | {"tenant_id": "rival"}))
    with pytest.raises(SecretKeyError, match="decisions of rival"):
        decide(store, load_signer(store_settings), "rival")


def test_keys_are_listed_without_their_private_half(store: Store, store_settings: Settings) -> None:
    signed = decide(store, load_signer(store_settings))
    with store.tenant("default", is_read_only=True) as connection:
        (key,) = read_keys(connection, "default")
    assert (key.key_id, key.retired_at, len(key.public_key)) == (signed.record.key_id, None, 44)
