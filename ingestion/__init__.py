"""Everything that comes in: each source reads its system, checks objects and lands versions in the warehouse."""

import os

# dlt looks at this once, before a setting made in code could reach it: set any later, it has begun to report home.
os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
