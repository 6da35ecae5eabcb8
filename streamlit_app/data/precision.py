"""How often people held a leak type to be right: each leak counts once, by what they said about it."""

from revops.warehouse import Published
from streamlit_app.data import Row, has


def by_leak_type(published: Published) -> list[Row]:
    """Per leak type that somebody decided on: `agreed`, `refused_as_none`, `other` (a no that says neither), `decided`.

    A leak is refused as none where it was dismissed, or a proposal denied as not_a_leak or wrong_amount, whatever else
    was said; it is agreed to where a proposal was approved and did not lapse since. Empty in an older file.
    """
    if not (has(published, "actions") and has(published, "leaks")):
        return []
    return published.query(
        """with
        said as (
            select
                leaks.leak_type,
                leaks.leak_id,
                leaks.status = 'dismissed' or coalesce(bool_or(actions.is_false_alarm), false) as is_refused_as_none,
                -- Only a yes leads to these.
                coalesce(
                    bool_or(
                        actions.status
                        in ('approved', 'dispatching', 'unknown', 'done', 'failed', 'handed_over', 'rehearsed')
                    ),
                    false
                ) as is_agreed,
                coalesce(bool_or(actions.status = 'denied'), false) as is_denied
            from leaks
            left join actions on actions.tenant_id = leaks.tenant_id and actions.leak_id = leaks.leak_id
            group by leaks.leak_type, leaks.leak_id, leaks.status
        )
        select
            said.leak_type,
            coalesce(nullif(max(leak_types.title), ''), said.leak_type) as title,
            count(*) as decided,
            count(*) filter (where is_agreed and not is_refused_as_none) as agreed,
            count(*) filter (where is_refused_as_none) as refused_as_none,
            count(*) filter (where not is_agreed and not is_refused_as_none) as other
        from said
        left join leak_types on leak_types.leak_type = said.leak_type
        where is_agreed or is_refused_as_none or is_denied
        group by said.leak_type
        order by title"""
    )
