select tenant_id, reconciled_at, resource, object_id, verdict
from {{ source("stripe", "drift_objects") }}
