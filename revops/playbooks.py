"""What to do about a leak type: its `playbook.md`, read by headings."""

from functools import cache
from pathlib import Path

from revops.leak_types import LEAKS_FOLDER, LeakTypeError


def read_playbook(leak_type: str, folder: Path = LEAKS_FOLDER) -> dict[str, str]:
    """Markdown of each second-level heading of a leak type's playbook, in its order. Raises LeakTypeError."""
    paths = sorted(folder.glob(f"*/{leak_type}/playbook.md")) if leak_type.isidentifier() else []
    if not paths:
        raise LeakTypeError(f"{folder}: no playbook.md of the leak type {leak_type}; this version does not know it.")
    return _sections(paths[0], paths[0].stat().st_mtime_ns)


@cache
def _sections(path: Path, _written_ns: int) -> dict[str, str]:
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            current = sections.setdefault(line.removeprefix("## ").strip(), [])
        else:
            current.append(line)
    return {heading: "\n".join(lines).strip() for heading, lines in sections.items()}
