"""Many who decide at once write one chain: threads of one process, and two processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

from revops.settings import Settings
from revops.store import Store
from revops.store.anchors import verify_kept
from revops.store.decisions import Decisions
from revops.store.signing_keys import load_signer, read_keys
from tests.revops.store.deciding import decide

ROOT = Path(__file__).parents[3]
# What another process does: it opens the store by itself and decides.
SCRIPT = """
import sys
from pathlib import Path
from revops.store import open_store
from revops.store.signing_keys import load_signer
from tests.revops.store.deciding import decide
from tests.revops.store.fixtures import make_settings
home, key, address, count = sys.argv[1:]
settings = make_settings(Path(home), key, address)
with open_store(settings) as store:
    signer = load_signer(settings)
    for _ in range(int(count)):
        decide(store, signer)
"""


def assert_one_chain(store: Store, settings: Settings, count: int) -> None:
    kept = list(Decisions(store).read("default"))
    assert [one.number for one in kept] == [*range(1, count + 1)]
    assert all(later.record.previous_hash == earlier.hash for earlier, later in pairwise(kept))
    assert verify_kept(settings, store, "default").fault is None
    with store.tenant("default", is_read_only=True) as connection:
        assert len(read_keys(connection, "default")) == 1


def test_threads_that_decide_at_once_write_one_chain(store: Store, store_settings: Settings) -> None:
    signer = load_signer(store_settings)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: decide(store, signer, note="n"), range(60)))
    assert_one_chain(store, store_settings, 60)


def test_two_processes_that_decide_at_once_write_one_chain(store: Store, store_settings: Settings) -> None:
    key = store_settings.leaks_secret_key
    address = store_settings.database_url
    arguments = [
        str(store_settings.leaks_home),
        key.get_secret_value() if key else "",
        address.get_secret_value() if address else "",
        "40",
    ]
    command = [sys.executable, "-c", SCRIPT, *arguments]
    both = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for one in both:
        _, errors = one.communicate(timeout=120)
        assert one.returncode == 0, errors
    assert_one_chain(store, store_settings, 80)
