"""What `make mutants` found: per module the share of changed programs that a test noticed, and each that none did.

Below the goal of 85 % it ends with 1.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

GOAL = 0.85
_LINE = re.compile(r"^\s*(?P<module>[\w.]+)\.x\S*__mutmut_\d+: (?P<status>[\w ]+)$")
# A change that makes a test hang or crash was noticed too.
_NOTICED = ("killed", "timeout", "segfault", "caught by type check")


def main() -> int:
    """Print the shares and the survivors."""
    command = [str(Path(sys.executable).parent / "mutmut"), "results", "--all", "true"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = [(match, line.strip()) for line in text.splitlines() if (match := _LINE.match(line))]
    every, noticed = Counter[str](), Counter[str]()
    for match, line in found:
        every[match["module"]] += 1
        if match["status"] in _NOTICED:
            noticed[match["module"]] += 1
        else:
            print(line)  # noqa: T201
    is_good = bool(every)
    for module, count in sorted(every.items()):
        share = noticed[module] / count
        is_good = is_good and share >= GOAL
        print(f"{module}: {noticed[module]} of {count} noticed, {share:.1%}")  # noqa: T201
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
