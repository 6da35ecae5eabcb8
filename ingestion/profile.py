"""PROFILE decides where data lands: the only place that knows destination, dataset and paths."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ingestion.errors import ProfileError
from ingestion.settings import HomeSettings

DESTINATIONS = ("duckdb",)


@dataclass(frozen=True)
class Profile:
    """One tenant's place: its warehouse file, the lock of its one writer, and the spool of what is being read."""

    home: Path
    name: str = "duckdb"
    tenant_id: str = "default"
    dataset: str = "stripe"
    operations_dataset: str = "operations"

    def __post_init__(self) -> None:
        if self.name not in DESTINATIONS:
            raise ProfileError(f"PROFILE is {self.name!r}; allowed: {', '.join(DESTINATIONS)}")

    @classmethod
    def from_environment(cls, tenant_id: str = "default") -> Self:
        """Reads LEAKS_HOME and PROFILE; raises ProfileError for an unknown destination."""
        settings = HomeSettings()
        home = settings.leaks_home.expanduser().absolute()
        return cls(home=home, name=settings.profile, tenant_id=tenant_id)

    @property
    def tenant_dir(self) -> Path:
        return self.home / self.tenant_id

    @property
    def warehouse(self) -> Path:
        return self.tenant_dir / "warehouse.duckdb"

    @property
    def lock(self) -> Path:
        return self.tenant_dir / "warehouse.lock"

    @property
    def spool(self) -> Path:
        return self.tenant_dir / "spool"

    @property
    def pipelines_dir(self) -> Path:
        return self.tenant_dir / "dlt"
