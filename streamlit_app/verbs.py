"""What happened, as people say it: the log and the history of a leak name the same steps."""

from streamlit_app.format import words

_SAID = {
    "action.draft": "Proposed",
    "action.endorse": "One yes of two",
    "action.approve": "Approved",
    "action.deny": "Denied",
    "action.refine": "Changed by a person",
    "action.renew": "Changed with the facts",
    "action.snooze": "Put off",
    "action.wake": "Asked again",
    "action.undo": "Taken back",
    "action.expire": "Expired",
    "action.supersede": "Given up: the facts have changed",
    "action.withdraw": "Withdrawn",
    "action.postpone": "Has to wait",
    "action.begin": "Sent",
    "action.rehearse": "Shown in a dry run",
    "action.put_back": "Not sent",
    "action.lose": "Sent, the answer lost",
    "action.succeed": "Paid",
    "action.fail": "Without success",
    "action.hand_over": "Handed to a person",
    "leak.opened": "Leak opened",
    "leak.changed": "Leak moved on",
    "leak.closed": "Leak ended",
    "leak.dismiss": "Leak dismissed",
    "leak.lift": "Leak may open again",
    "leak.assign": "Owner changed",
    "withdrawal.confirmed": "Changed definition agreed to",
    "withdrawal.refused": "Changed definition refused",
}


def say(kind: str) -> str:
    """`action.undo` -> `Taken back`; a kind of another version in its own words."""
    return _SAID.get(kind) or words(kind.replace(".", ": "))
