"""What all pages share: one published file, the style sheet, the TEST banner, and words for when there is none."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from revops.domain.tenant_id import TenantError
from revops.errors import RevopsError
from revops.settings import load_settings
from revops.store import StoreError, StoreMissingError
from revops.warehouse import NothingPublishedError, Published
from streamlit_app import tenants
from streamlit_app.data import Row, quality
from streamlit_app.markup import escape_markdown

STYLE = Path(__file__).parent.parent / "style.css"

Draw = Callable[[Published, Row, datetime], None]


def show(draw: Draw) -> None:
    """Draw a page from one published file of a tenant and now (UTC); without a file, say how to get one."""
    st.html(STYLE)
    try:
        settings = load_settings()
        tenant = tenants.choose(settings)
        with Published.open(settings.leaks_home, tenant=tenant) as published:
            integration = quality.integration(published) or {}
            _banner(integration)
            draw(published, integration, datetime.now(UTC))
    except NothingPublishedError:
        st.title("Nothing is published yet", anchor=False)
        st.write("Load a Stripe account and look for leaks in it, then reload this page:")
        st.code(tenants.command("leaks run"), language=None)
        st.write("`leaks doctor` says which setting is missing, if one is.")
    except StoreMissingError:
        st.title("Nothing is decided yet", anchor=False)
        st.write("Proposals and decisions are kept in a store that is made by the first run:")
        st.code(tenants.command("leaks run"), language=None)
    except StoreError as error:
        st.title("The operational store cannot be read", anchor=False)
        st.error(escape_markdown(str(error)))
    except TenantError as error:
        st.title("No such tenant", anchor=False)
        st.error(escape_markdown(str(error)))
    except RevopsError as error:
        st.title("The published warehouse cannot be read", anchor=False)
        st.error(escape_markdown(str(error)))


def _banner(integration: Row) -> None:
    """Say TEST above everything else on a test-mode account."""
    if integration.get("mode") == "test":
        st.html(
            '<div class="leaks-banner" role="status"><strong>TEST</strong> This is a Stripe test-mode account: '
            "no amount on this page is real money.</div>"
        )
