"""A SaaS company, made up: customers who live through discrete events, with the truth about what leaks.

Each customer is a life of its own, driven by randomness from seed and number: lives can be made in any order, in any
process, and go on later where they stood. Nothing here knows what looks at it: no code, constant or definition is
shared with the packages that read a Stripe account. Labels are noted by those who inject a cause, while they do.
"""

from .folder import write
from .identity import IDENTITIES
from .living import Living
from .world import Plan, World

__all__ = ["IDENTITIES", "Living", "Plan", "World", "write"]
