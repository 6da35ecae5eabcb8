select verdicts.leak_type, verdicts.verdict
from {{ ref("int_leaks__verdicts") }} as verdicts
left join
    {{ ref("leak_verdicts") }} as meanings
    on verdicts.leak_type = meanings.leak_type
    and verdicts.verdict = meanings.verdict
where verdicts.verdict is not null and meanings.verdict is null
