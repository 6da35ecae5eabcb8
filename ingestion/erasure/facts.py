"""The product's logs as they land, in SQL: who did something, without the addresses of erased customers.

The same pseudonyms as `Pseudonyms` makes, so that a row keeps its customer, and users stay as many as they were.
"""

from collections.abc import Collection

from ingestion.erasure.erased import Erased
from ingestion.erasure.pseudonyms import ADDRESS, DIGEST_CHARACTERS, SHORT

COLUMNS = ("account_id", "user_id", "user_email")


def stripped(erased: Erased) -> dict[str, str]:
    """By column, what stands in it: an expression over the columns of a fact."""
    salt = _text(erased.pseudonyms.salt)
    emails = _list(erased.email_digests)
    accounts = _list(erased.accounts)
    of_account = f"list_contains({accounts}, coalesce(account_id, user_email))"
    named = [f"coalesce(list_contains({emails}, {_digest(name, salt, DIGEST_CHARACTERS)}), false)" for name in COLUMNS]
    is_theirs = f"({' or '.join([of_account, *named])})"
    hidden = _list(erased.pseudonyms.hidden_domains)
    return {name: f"case when {is_theirs} then {_pseudonym(name, salt, hidden)} else {name} end" for name in COLUMNS}


def _pseudonym(name: str, salt: str, hidden: str) -> str:
    domain = f"lower(trim(split_part({name}, '@', -1)))"
    kept = (
        f"case when list_contains({hidden}, {_digest(domain, salt, DIGEST_CHARACTERS)}) "
        f"then {_digest(domain, salt, SHORT)} || '.invalid' else {domain} end"
    )
    is_address = f"regexp_full_match(trim({name}), {_text(ADDRESS.pattern)}) and not starts_with({name}, 'erased-')"
    return f"case when {is_address} then 'erased-' || {_digest(name, salt, SHORT)} || '@' || {kept} else {name} end"


def _digest(text: str, salt: str, characters: int) -> str:
    return f"left(sha256({salt} || lower(trim({text}))), {characters})"


def _list(texts: Collection[str]) -> str:
    return f"[{', '.join(_text(text) for text in sorted(texts))}]::varchar[]"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
