"""When things run: assets, jobs, schedules and the publisher."""
