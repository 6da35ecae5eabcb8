"""Who is deciding: the one who signed in, or on one's own machine the one whom the settings name.

The role is asked of the store at every page and every decision: sign-in lasts for weeks, and a role may end today.
"""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from revops.domain.person import Person, PersonError, check_person_id
from revops.settings import Settings
from revops.store import Store
from revops.store.people import People

_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))
# Whoever stands between browser and server says so in one of these; then others than this machine's user may be there.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


@dataclass(frozen=True)
class Who:
    """The person with their role here. Where there is none, `sentence` says what to do."""

    person: Person | None
    sentence: str
    is_signed_in: bool = False
    is_asked_to_sign_in: bool = False

    @property
    def may_decide(self) -> bool:
        """Whether any decision of theirs can be taken; the service still looks at each."""
        return self.person is not None and self.person.is_at_least("approver")


def who(settings: Settings, store: Store, tenant_id: str, at: datetime) -> Who:
    """Who looks at this page, and what they may do at a tenant now."""
    if st.user.get("is_logged_in"):
        email = st.user.get("email")
        if not isinstance(email, str) or st.user.get("email_verified") is False:
            return Who(None, "Whom you signed in with vouches for no e-mail address of yours.", is_signed_in=True)
        return _known(store, tenant_id, f"web:{email.strip().lower()}", at, is_signed_in=True)
    if "is_logged_in" in st.user:
        return Who(None, "Sign in to decide. Until then this page only shows.", is_asked_to_sign_in=True)
    if settings.leaks_web_person is None:
        return Who(
            None,
            "Nobody is known here, so this page only shows. Set up sign-in, or on your own machine LEAKS_WEB_PERSON "
            "(web:you@example.com), and give that person a role with leaks people add.",
        )
    if not _is_own_machine():
        return Who(
            None,
            "LEAKS_WEB_PERSON holds only while this page is served to this machine alone. Set up sign-in to decide "
            "from elsewhere.",
        )
    return _known(store, tenant_id, settings.leaks_web_person.strip().lower(), at)


def _known(store: Store, tenant_id: str, person_id: str, at: datetime, *, is_signed_in: bool = False) -> Who:
    try:
        check_person_id(person_id)
    except PersonError as error:
        return Who(None, f"LEAKS_WEB_PERSON: {error}")
    email = person_id.partition(":")[2]
    found = People(store).find(tenant_id, person_id, at) if person_id.startswith("web:") else None
    if found is None:
        return Who(
            None,
            f"{email} has no role here and decides nothing. To give one: leaks people add web:{email} --role approver",
            is_signed_in=is_signed_in,
        )
    if not found.is_at_least("approver"):
        return Who(found, f"{email} is {found.role} here; deciding takes an approver.", is_signed_in=is_signed_in)
    place = f", in place of {found.stands_in_for.partition(':')[2]}" if found.stands_in_for else ""
    return Who(found, f"You decide as {found.name or email} ({found.role}{place}).", is_signed_in=is_signed_in)


def _is_own_machine() -> bool:
    if st.get_option("server.address") not in _LOOPBACK:
        return False
    return not any(name in st.context.headers for name in _FORWARDED)
