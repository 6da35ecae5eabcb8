"""What people are told: one neutral message per case, and a form for each channel. No I/O.

`proposal.py` and `digest.py` say what a message says; `block_kit.py` and `modals.py` say how Slack shows it. Another
channel is another file beside `block_kit.py` that takes the same messages.
"""
