"""What is read of a company's customers is nobody else's business: dlt reports nothing home."""

import subprocess
import sys

_LOAD = """
from ingestion.stripe.events.delivered import rehearse
rehearse()
from dlt.common.runtime import anon_tracker, telemetry
assert telemetry.is_telemetry_started(), "dlt has begun, and looked at its settings"
assert anon_tracker._ANON_TRACKER_ENDPOINT is None, anon_tracker._ANON_TRACKER_ENDPOINT
"""


def test_a_landing_reports_nothing_to_dlts_makers() -> None:
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
