"""Who answers for the assets."""

OWNERS = ["team:revenue-operations"]
