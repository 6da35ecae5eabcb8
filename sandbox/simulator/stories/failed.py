from .common import Story

STORIES: dict[str, Story] = {}
