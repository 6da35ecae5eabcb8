select tenant_id, endpoint_id, url, state, message, received_at, checked_at
from {{ source("stripe", "webhook_endpoints") }}
