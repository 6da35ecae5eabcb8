"""Assets, jobs and schedules; every module here is loaded by `definitions.py`."""
