"""The web service: what other systems send to us over HTTP, and what watches it."""
