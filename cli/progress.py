"""Progress bars on stderr; lines where stderr is no terminal."""

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

_NAMES = {"start": "starting", "checking": "checking what landed", "models": "building models", "publish": "publishing"}


class Bars:
    """One bar per step, in order of appearance; a context manager, so that the terminal is left clean."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._is_live = self._console.is_terminal
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            Elapsed(),
            console=self._console,
            disable=not self._is_live,
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the bars as they are; what follows is printed below them."""
        self._progress.stop()

    def step(self, name: str, done: int, total: int | None) -> None:
        """Show that `done` of `total` of a step is behind us; total None means nobody knows yet."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(_NAMES.get(name, name), total=total)
            if not self._is_live:
                self._console.print(f"{_NAMES.get(name, name)} ...", highlight=False)
        self._progress.update(self._tasks[name], completed=done, total=total)
