select
    tenant_id,
    source,
    account_id,
    mode,
    source_now,
    api_version,
    since,
    landed_at,
    {{ as_of() }} as as_of
from {{ source("stripe", "integration") }}
