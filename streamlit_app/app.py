"""The dashboard: names its pages and nothing else. Start it with `streamlit run streamlit_app/app.py`."""

import streamlit as st

st.set_page_config(page_title="Revenue Leak Detective", layout="wide", initial_sidebar_state="collapsed")
st.navigation(
    [st.Page("views/overview.py", title="What can be recovered", url_path="overview", default=True)],
    position="top",
).run()
