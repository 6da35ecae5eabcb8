select findings.finding_id, findings.amount_minor, sum(lines.amount_minor) as lines_minor
from {{ ref("leak_findings") }} as findings
left join
    {{ ref("finding_lines") }} as lines
    on findings.tenant_id = lines.tenant_id
    and findings.finding_id = lines.finding_id
group by findings.finding_id, findings.amount_minor
having findings.amount_minor <> coalesce(sum(lines.amount_minor), 0)
