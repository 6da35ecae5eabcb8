"""A stand-in for Slack that slack_sdk talks to unpatched, with a page on which the buttons work.

It serves one workspace: the Web API as far as an app needs it that posts and asks, Slack's own refusals of blocks and
tokens, signed interactions by HTTP or by Socket Mode, and a record of everything that people saw.
"""

from .server import Running, running, serve

__all__ = ["Running", "running", "serve"]
