"""Whose figures a page shows: those of the tenant that the address names, where there is more than one.

Each page reads that tenant's own published file and no other, so nothing on it can be of another tenant.
"""

from collections.abc import Mapping

import streamlit as st

from revops.domain.tenant_id import TenantError
from revops.settings import TENANT, Settings
from revops.store import StoreError, StoreMissingError, open_store
from revops.store.tenants import Tenants
from streamlit_app.markup import escape_markdown
from streamlit_app.pages import TENANT_ID

Address = Mapping[str, str | list[str]]

# Not the widget's own key, which Streamlit forgets with the page.
_CHOSEN = "chosen_tenant"


def choose(settings: Settings) -> str:
    """The tenant of this page, with a way to another where there is one. Raises TenantError for an unknown one.

    The address beats what was chosen before in this session: Streamlit's own navigation leaves the address behind.
    """
    names = _names(settings)
    asked = st.query_params.get(TENANT_ID) or st.session_state.get(_CHOSEN) or TENANT
    if asked not in names:
        # Who came by a link is not led to somebody else's figures.
        st.session_state.pop(_CHOSEN, None)
        raise TenantError(f"There is no tenant {asked}. `leaks tenants list` shows all.")
    st.session_state[_CHOSEN] = asked
    if len(names) > 1:
        st.query_params[TENANT_ID] = st.session_state[TENANT_ID] = asked
        st.selectbox("Tenant", list(names), format_func=names.__getitem__, key=TENANT_ID, on_change=_changed, width=260)
    return asked


def address(named: Address) -> dict[str, str | list[str]]:
    """What a link or the address has to name so that it stays with this tenant."""
    return {**({TENANT_ID: chosen()} if chosen() != TENANT else {}), **named}


def chosen() -> str:
    """The tenant whose page is being drawn."""
    return str(st.session_state.get(_CHOSEN, TENANT))


def command(verb: str) -> str:
    """A verb of `leaks`, given for this tenant."""
    return verb if chosen() == TENANT else f"{verb} --tenant {chosen()}"


def _names(settings: Settings) -> dict[str, str]:
    """Tenants by id, with their names. Without a store there is one; with one that cannot be read, one is shown."""
    try:
        with open_store(settings) as store:
            return {tenant.tenant_id: tenant.name for tenant in Tenants(store).read()}
    except StoreMissingError:
        pass
    except StoreError as error:
        st.warning(f"Other tenants cannot be shown: {escape_markdown(str(error))}")
    return {TENANT: TENANT}


def _changed() -> None:
    """Filters and findings are another tenant's: only the tenant stays in the address."""
    st.session_state[_CHOSEN] = st.session_state[TENANT_ID]
    st.query_params.from_dict({TENANT_ID: st.session_state[TENANT_ID]})
