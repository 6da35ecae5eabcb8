"""A press on a page becomes a decision: the same service decides as for Slack and the command line.

What a button decides on is bound when it is drawn: tenant, action and the version that was shown. A version that has
changed since is refused by the service, and the sentence that says so stands on the page.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import streamlit as st

from revops.bootstrap_actions import deciding
from revops.bootstrap_leaks import dismissing
from revops.domain.decision import DecisionRefusedError
from revops.domain.person import Person
from revops.errors import RevopsError
from revops.service.batch import Answered, approve_each
from revops.service.decide import Decided, Deciding
from revops.service.dismiss import Dismissing
from revops.settings import load_settings
from revops.store import Store, open_store
from streamlit_app import money
from streamlit_app.markup import escape_markdown
from streamlit_app.who import who

_SAID, _IS_NEW = "what_was_said", "was_just_said"
# Long enough to read it twice; whatever is decided next replaces it.
_SHOWN_FOR = timedelta(minutes=2)

Word = Callable[[Deciding, Person, datetime], Decided]


def decide(tenant_id: str, name: str, word: Word) -> bool:
    """Take one decision about what people call `name`. Returns whether it was taken.

    Its sentence, or the one that says why it was refused, is shown by `show_said`.
    """

    def take(store: Store, person: Person, at: datetime) -> tuple[str, bool]:
        return word(deciding(store, load_settings()), person, at).sentence, True

    return take_word(tenant_id, name, take)


def decide_leak(tenant_id: str, name: str, word: Callable[[Dismissing, Person, datetime], str]) -> bool:
    """The same for a word on a leak itself; `word` returns the sentence."""

    def take(store: Store, person: Person, at: datetime) -> tuple[str, bool]:
        return word(dismissing(store, load_settings()), person, at), True

    return take_word(tenant_id, name, take)


def approve_all(tenant_id: str, seen: tuple[tuple[str, str, str], ...]) -> None:
    """Say yes to each version that was in the preview: action, version hash, and what to call it."""

    def take(store: Store, person: Person, at: datetime) -> tuple[str, bool]:
        versions = [(action_id, version_hash) for action_id, version_hash, _ in seen]
        answers = approve_each(deciding(store, load_settings()), tenant_id, versions, person, channel="web", at=at)
        return _summary(answers, {action_id: name for action_id, _, name in seen})

    take_word(tenant_id, "All together", take)


def show_said() -> None:
    """What became of the last press, at the top of the page, and once where the reader looks."""
    said = st.session_state.get(_SAID)
    if said is None:
        return
    sentence, is_taken, at = said
    if datetime.now(UTC) - at > _SHOWN_FOR:
        del st.session_state[_SAID]
        return
    icon = ":material/check:" if is_taken else ":material/block:"
    (st.success if is_taken else st.warning)(sentence, icon=icon)
    if st.session_state.pop(_IS_NEW, False):
        # Who pressed far down the page does not see its top.
        st.toast(sentence, icon=icon)


def take_word(tenant_id: str, name: str, take: Callable[[Store, Person, datetime], tuple[str, bool]]) -> bool:
    """Let whoever looks at this page say something about what people call `name`; `take` returns sentence and success.

    Returns whether it was taken. Who they are is asked anew, and a refusal becomes the sentence that is shown.
    """
    at = datetime.now(UTC)
    try:
        settings = load_settings()
        with open_store(settings) as store:
            found = who(settings, store, tenant_id, at)
            if found.person is None:
                return _say(name, found.sentence, is_taken=False)
            sentence, is_taken = take(store, found.person, at)
            return _say(name, sentence, is_taken=is_taken)
    except DecisionRefusedError as refusal:
        return _say(name, _late(refusal), is_taken=False)
    except RevopsError as error:
        return _say(name, f"It could not be decided: {error}", is_taken=False)


def _late(refusal: DecisionRefusedError) -> str:
    """The sentence, and who was faster."""
    by = refusal.by.partition(":")[2] if refusal.by else None
    if refusal.code != "already_decided" or by is None:
        return refusal.sentence
    at = f", {refusal.at:%Y-%m-%d %H:%M} UTC" if refusal.at else ""
    return f"{refusal.sentence} ({by}{at})"


def _summary(answers: list[Answered], names: dict[str, str]) -> tuple[str, bool]:
    taken = [one for one in answers if one.is_taken]
    lines = [f"{len(taken)} of {len(answers)} taken."]
    lines += [f"{names[one.action_id]}: {one.sentence}" for one in answers if not one.is_taken]
    return " ".join(lines), len(taken) == len(answers)


def _say(name: str, sentence: str, *, is_taken: bool) -> bool:
    st.session_state[_SAID] = (
        f"**{escape_markdown(name)}.** {escape_markdown(money.in_words(sentence))}",
        is_taken,
        datetime.now(UTC),
    )
    st.session_state[_IS_NEW] = True
    return is_taken
