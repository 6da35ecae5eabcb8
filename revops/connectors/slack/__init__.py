"""Slack: the sender behind `domain.ports.PostsMessages`, and what can go wrong with it."""

from revops.connectors.slack.workspace import API_BASE, SlackWorkspace

__all__ = ["API_BASE", "SlackWorkspace"]
