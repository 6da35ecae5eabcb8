"""Assets, jobs and schedules; `definitions.py` names them one by one."""
