"""What can be done about a leak: one file per kind, pure; it says when and why, or why not and what instead."""
