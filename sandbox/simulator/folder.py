"""Writes a company as a folder of JSON-lines, in worker processes, in bounded memory."""

from __future__ import annotations

import multiprocessing
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from . import company_files, merging
from .chunks import NAMES, Chunk, Task, part, run_chunk
from .world import ROLES_IN_A_DECK, Plan, World

_PARALLEL_FROM = 400


def write(folder: Path, plan: Plan, *, as_of: int | None = None, processes: int | None = None) -> None:
    """Write the company as it is at `as_of` (by default its anchor) into the folder, which is made if missing.

    The same plan and time give the same bytes, however many processes work on it. Files of a company that is there
    are replaced. Raises OSError.
    """
    moment = plan.anchor if as_of is None else as_of
    world = World(plan)
    numbers = world.numbers if moment > plan.anchor else range(plan.customers)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".parts-") as parts:
        tasks = [
            Task(plan, moment, first, min(first + ROLES_IN_A_DECK, numbers.stop), parts)
            for first in range(0, numbers.stop, ROLES_IN_A_DECK)
        ]
        workers = processes or (1 if numbers.stop < _PARALLEL_FROM else min(multiprocessing.cpu_count(), 4))
        redeemed: Counter[str] = Counter()
        counts: Counter[str] = Counter()
        runs: list[merging.Run] = []
        unlinked = 0
        streams = {name: (folder / f"{name}.jsonl").open("wb") for name in NAMES}
        try:
            for chunk in _work(tasks, workers):
                for name in NAMES:
                    with part(parts, chunk.first, name).open("rb") as source:
                        shutil.copyfileobj(source, streams[name], 1 << 20)
                    part(parts, chunk.first, name).unlink()
                counts.update(chunk.counts)
                redeemed.update(chunk.redeemed)
                runs.append(chunk.run)
                unlinked += chunk.unlinked
        finally:
            for stream in streams.values():
                stream.close()
        counts["event"] = merging.merge(runs, folder / "event.jsonl")
    for name, payloads in company_files.tables(world, redeemed).items():
        counts[name] = len(payloads)
        (folder / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in payloads))
    (folder / "policy.yml").write_text(company_files.POLICY, encoding="utf-8")
    company = company_files.description(world, moment, counts, unlinked)
    (folder / "company.json").write_bytes(orjson.dumps(company, option=orjson.OPT_INDENT_2) + b"\n")


def _work(tasks: list[Task], workers: int) -> Iterator[Chunk]:
    """The chunks in order. Workers are spawned: forking a process that has threads is not safe."""
    if workers == 1 or len(tasks) == 1:
        yield from map(run_chunk, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(min(workers, len(tasks))) as pool:
        yield from pool.imap(run_chunk, tasks)
