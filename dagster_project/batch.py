"""One batch of delivered events, from bodies to findings that readers see: the short way beside a whole run.

It is the pipeline's own way with less of it: the same landing, the same models (those that the touched tables reach),
the same publisher. What it leaves out (marts that no leak reads, data tests, product usage) the next run brings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dagster_project.batch_models import is_of_leaks, models_of_batch
from dagster_project.manifest import read_manifest
from dagster_project.moments import next_second, utc
from dagster_project.publish import PublicModel, public_models, publish_findings
from dagster_project.warm_dbt import WarmDbt
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from ingestion.stripe.events.delivered import BatchReport, land_delivered, rehearse
from revops.warehouse import read_pointer

Step = Callable[[str], None]


@dataclass(frozen=True)
class BatchOutcome:
    """What landed, and the moment as of which findings were published; None where no leak reads what was touched."""

    landed: BatchReport
    as_of: datetime | None


class Batches:
    """Takes batches of events, one after the other, with dbt and dlt kept warm."""

    def __init__(self) -> None:
        self._dbt = WarmDbt()
        self._manifest = read_manifest()
        self._public = findings_models(self._manifest)
        self._dbt.warm_up(models_of_batch(self._manifest, ["invoice"]))
        rehearse()

    def take(
        self,
        profile: Profile,
        settings: StripeSettings,
        bodies: Sequence[bytes],
        step: Step = lambda _name: None,
    ) -> BatchOutcome:
        """Land, build and publish a batch; repeating it changes nothing. The caller holds `writer_lock`.

        `step` hears what has just been done. Raises NothingLandedYetError and NothingPublishedError on a home without
        a whole run, otherwise as landing, building and publishing do.
        """
        present = read_pointer(profile.tenant_dir)
        landed = land_delivered(profile, settings, bodies)
        step("landed")
        models = models_of_batch(self._manifest, {table for table, _ in landed.touched})
        if not models or landed.source_now is None:
            return BatchOutcome(landed, None)
        as_of = max(present.newest.as_of, next_second(utc(landed.source_now)))
        target = profile.tenant_dir / "dbt-batch"
        target.mkdir(exist_ok=True)
        self._dbt.build_batch(profile.warehouse, target, models, as_of)
        step("built")
        publish_findings(
            profile.tenant_dir, profile.warehouse, self._public, as_of=as_of, published_at=datetime.now(UTC)
        )
        step("published")
        return BatchOutcome(landed, as_of)


def findings_models(manifest: Mapping[str, Any]) -> list[PublicModel]:
    """The public tables of the leaks."""
    of_leaks = {node["name"] for node in manifest["nodes"].values() if is_of_leaks(node)}
    return [model for model in public_models(manifest) if model.name in of_leaks]
