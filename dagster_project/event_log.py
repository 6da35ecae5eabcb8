"""Dagster's event log on SQLite, without a new engine and a new connection for every event.

The stock class compiles its statements anew, opens, checkpoints and closes the database for each event,
and a run of this project has hundreds: that was most of a run in which nothing is new. The files are the
stock class's own; taking this class out of dagster.yaml changes nothing but the speed.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

_OPEN_FILES = 8


class KeptEnginesEventLog(SqliteEventLogStorage):
    """One engine with one open connection per database file; the files used longest ago are closed."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: OrderedDict[str, Any] = OrderedDict()
        self._partitions: set[tuple[str, str]] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Make the storage that dagster.yaml describes."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Any]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        """Whether a tenant is there: a run asks for its own hundreds of times, each with two queries."""
        asked = (partitions_def_name, partition_key)
        if asked not in self._partitions and super().has_dynamic_partition(*asked):
            self._partitions.add(asked)
        return asked in self._partitions

    def delete_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> None:
        """Forget a tenant."""
        self._partitions.discard((partitions_def_name, partition_key))
        super().delete_dynamic_partition(partitions_def_name, partition_key)

    def dispose(self) -> None:
        """Close every file."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()

    def _engine(self, shard: str) -> Any:
        if shard not in self._engines:
            # The lock above lets one thread in at a time, so one connection is enough.
            engine = create_engine(
                self.conn_string_for_shard(shard),
                pool_size=1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            with engine.connect() as connection:
                # A power cut may lose the last lines of a run's history, never the database; a kill nothing.
                connection.exec_driver_sql("pragma synchronous = normal")
            self._engines[shard] = engine
            if len(self._engines) > _OPEN_FILES:
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]
