"""The base of every error the operational side raises on purpose."""


class RevopsError(Exception):
    """Something a person can mend; the text says what to do next and never holds a secret.

    `exit_code` is what the `leaks` command ends with: 2 for bad input, 1 for everything else.
    """

    exit_code = 1
