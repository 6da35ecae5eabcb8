"""The dashboard: names its pages and nothing else. Start it with `streamlit run streamlit_app/app.py`."""

import streamlit as st

from streamlit_app import pages

st.set_page_config(page_title="Revenue Leak Detective", layout="wide", initial_sidebar_state="collapsed")
st.navigation(
    [
        st.Page(pages.OVERVIEW, title="Overview", url_path="overview", default=True),
        st.Page(pages.APPROVALS, title="Approvals", url_path="approvals"),
        st.Page(pages.FINDINGS, title="Findings", url_path="findings"),
        st.Page(pages.DECISIONS, title="Decisions", url_path="decisions"),
        st.Page(pages.QUALITY, title="Data quality", url_path="quality"),
        st.Page(pages.FINDING, title="Finding", url_path="finding", visibility="hidden"),
        st.Page(pages.LEAK, title="Leak", url_path="leak", visibility="hidden"),
    ],
    position="top",
).run()
