select tenant_id, resource, id, reason, raw_text, origin, quarantined_at
from {{ source("stripe", "quarantine") }}
