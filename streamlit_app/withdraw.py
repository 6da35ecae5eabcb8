"""An admin's word on what a new definition would withdraw; a yes applies at once, as at the command line."""

from datetime import datetime
from typing import Literal

from revops.bootstrap import leaks_of_published
from revops.bootstrap_leaks import withdrawing
from revops.domain.person import Person
from revops.service.withdrawals import Asked
from revops.settings import load_settings
from revops.store import Store
from streamlit_app.decide import take_word
from streamlit_app.format import count


def answer(tenant_id: str, seen: Asked, said: Literal["confirmed", "refused"]) -> None:
    """Take the answer to what was shown. Its sentence, or why it was refused, is shown by `show_said`."""

    def take(store: Store, person: Person, at: datetime) -> tuple[str, bool]:
        service = withdrawing(store, load_settings())
        service.answer(tenant_id, seen.question.withdrawal_id, said, person, channel="web", at=at, seen=seen)
        if said == "refused":
            return "Its leaks stay open.", True
        return _apply(store, tenant_id, person), True

    take_word(tenant_id, "The changed definition", take)


def _apply(store: Store, tenant_id: str, person: Person) -> str:
    # Half a second to import, for a press that is rare.
    from ingestion.errors import WarehouseBusyError
    from ingestion.lock import writer_lock
    from ingestion.profile import Profile

    settings = load_settings()
    try:
        with writer_lock(Profile(settings.leaks_home.expanduser().absolute(), tenant_id=tenant_id)):
            ended = leaks_of_published(store, settings, tenant_id, person.person_id).closed
    except WarehouseBusyError:
        return "Agreed. A run is under way; it or the next one withdraws the leaks."
    return f"{count(len(ended), 'leak')} withdrawn."
