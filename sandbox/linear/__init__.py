"""A stand-in for Linear that speaks its GraphQL, with a page on which people comment and move issues.

It serves one workspace with teams, people and labels: the part of Linear's own schema that an app needs that opens,
finds, comments on and closes issues, with Linear's refusals.
"""

from .server import Running, running, serve

__all__ = ["Running", "running", "serve"]
