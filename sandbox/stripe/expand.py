"""`expand[]`: replaces ids by the objects they name and adds the fields that are left out otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson

from .errors import StripeError
from .expandable import EXPANDABLE
from .resources import Resource
from .shapes import EMBEDDED_LIMIT, INCLUDABLE, listed
from .store import Record, Store

_DEEPEST = 4
# Lists that an object includes when expanded: resource to list and the filter that ties it to the object.
_LISTS = {
    ("customer", "subscriptions"): ("subscription", "customer"),
    ("invoice", "payments"): ("invoice_payment", "invoice"),
    ("charge", "refunds"): ("refund", "charge"),
}
_EMPTY_LISTS = {("customer", "sources"), ("customer", "tax_ids")}


class Expander:
    """Expands for one request: `livemode` bounds what is seen, `permit` raises 403 for the rest."""

    def __init__(self, store: Store, livemode: bool, permit: Callable[[Resource], None]) -> None:
        self._store = store
        self._livemode = livemode
        self._permit = permit

    def apply(self, roots: Iterable[dict[str, Any]], paths: list[str], *, in_list: bool) -> None:
        """Expand the paths in every root, in place. Raises StripeError 400 for what cannot be expanded."""
        roots = list(roots)
        for path in paths:
            steps = path.split(".")
            if len(steps) > _DEEPEST:
                raise StripeError(
                    400,
                    f"You cannot expand more than {_DEEPEST} levels of a property. Property: {path}",
                    param="expand",
                )
            if in_list:
                if steps[0] != "data" or len(steps) == 1:
                    raise _refused(path, f" You may want to try expanding 'data.{path}' instead.")
                steps = steps[1:]
            for root in roots:
                self._walk(root, steps, path)

    def _walk(self, node: Any, steps: list[str], path: str) -> None:
        if isinstance(node, list):
            for child in node:
                self._walk(child, steps, path)
            return
        if not isinstance(node, dict):
            return
        key, rest = steps[0], steps[1:]
        kind = node.get("object")
        if kind == "list":
            if key != "data" or not rest:
                raise _refused(path)
        elif (isinstance(kind, str) and key not in EXPANDABLE.get(kind, (key,))) or not self._expand(node, kind, key):
            raise _refused(path)
        if rest:
            self._walk(node.get(key), rest, path)

    def _expand(self, node: dict[str, Any], kind: Any, key: str) -> bool:
        """Put the object in place; false if there is nothing of that name."""
        if kind in INCLUDABLE and key in INCLUDABLE[kind]:
            self._include(node, kind, key)
            return True
        if key not in node:
            return kind in EXPANDABLE
        node[key] = self._resolved(node[key])
        return True

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._resolved(one) for one in value]
        if not isinstance(value, str):
            return value
        if value in self._store.discounts:
            return listed(self._store.discounts[value])
        found = self._store.find(value)
        if found is None or not self._is_visible(found[1]):
            return value
        self._permit(found[0])
        return served(found[1])

    def _is_visible(self, record: Record) -> bool:
        return record.livemode is None or record.livemode == self._livemode

    def _include(self, node: dict[str, Any], kind: str, key: str) -> None:
        found = self._store.find(node["id"])
        whole = found[1].payload() if found is not None else {}
        if key in whole:
            node[key] = whole[key]
        elif (kind, key) in _LISTS:
            name, filter_name = _LISTS[kind, key]
            node[key] = self._list(name, filter_name, node["id"])
        elif (kind, key) in _EMPTY_LISTS:
            node[key] = {
                "object": "list",
                "data": [],
                "has_more": False,
                "url": f"/v1/customers/{node['id']}/{key}",
            }

    def _list(self, name: str, filter_name: str, object_id: str) -> dict[str, Any]:
        table = self._store.tables[name]
        self._permit(table.resource)
        found = [listed(one) for one in self._store.where(name, filter_name, object_id)]
        return {
            "object": "list",
            "data": found[:EMBEDDED_LIMIT],
            "has_more": len(found) > EMBEDDED_LIMIT,
            "url": f"{table.resource.path}?{filter_name}={object_id}",
        }


def _refused(path: str, advice: str = "") -> StripeError:
    return StripeError(400, f"This property cannot be expanded ({path}).{advice}", param="expand")


def served(record: Record) -> dict[str, Any]:
    """The object as a request that expands nothing gets it; of a deleted one only the stub is left."""
    body: dict[str, Any] = orjson.loads(record.body)
    if record.is_deleted:
        return {"id": body["id"], "object": body["object"], "deleted": True}
    return body
