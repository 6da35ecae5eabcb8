"""What one check of `leaks doctor` found."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "off", "broken"]


@dataclass(frozen=True)
class Finding:
    """What one check found; never holds a secret."""

    name: str
    state: State
    message: str
