"""Linear: the task system behind `domain.task.KeepsTasks`, and what can go wrong with it."""

from revops.connectors.linear.client import API_URL
from revops.connectors.linear.tasks import LinearTasks

__all__ = ["API_URL", "LinearTasks"]
