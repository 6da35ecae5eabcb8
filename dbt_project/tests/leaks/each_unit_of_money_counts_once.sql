select lines.tenant_id, lines.money_unit, lines.currency
from {{ ref("finding_lines") }} as lines
inner join
    {{ ref("triage") }} as triage
    on lines.tenant_id = triage.tenant_id
    and lines.finding_id = triage.finding_id
where triage.counted_minor > 0
group by lines.tenant_id, lines.money_unit, lines.currency
having count(*) > 1 and sum(triage.counted_minor) > max(lines.amount_minor)
