"""What became of an action, in a sentence for people."""

from revops.domain.action import Action
from revops.domain.money import format_minor


def say_outcome(action: Action) -> str | None:
    """The sentence; None while nothing has been decided."""
    outcome = action.outcome or {}
    if action.status == "done" and outcome.get("how") == "sent":
        return "Sent: the mail server has it."
    if action.status == "done" and outcome.get("how") == "opened":
        return f"Opened: {outcome['task']}."
    if action.status == "done":
        amount = format_minor(int(outcome["amount_minor"]), str(outcome["currency"]))
        return f"Paid: {amount} came in."
    if action.status == "approved":
        when = action.draft.not_before
        waits = f" It is carried out from {when:%Y-%m-%d %H:%M} UTC on." if when is not None else ""
        return f"Approved.{waits}" + (f" {action.reason}" if action.reason else "")
    if action.status == "denied":
        return f"Denied: {(action.reason or 'other').replace('_', ' ')}."
    words = {
        "dispatching": "Being carried out.",
        "unknown": "Sent, and the answer was lost. It is being looked up and not sent again.",
        "failed": "Without success.",
        "superseded": "Not carried out: the facts have changed.",
        "expired": "Expired.",
        "withdrawn": "Not carried out.",
        "handed_over": "A person must look at it.",
        "rehearsed": "Dry run.",
    }
    if action.status not in words:
        return None
    said = words[action.status]
    return f"{said} {action.reason}" if action.reason else said
