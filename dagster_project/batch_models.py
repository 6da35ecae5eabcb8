"""Which models a batch of events concerns: what reads the tables it touched, on the way to leaks."""

from collections.abc import Collection, Mapping
from typing import Any

# No leak reads it: it notes what was built, so that a customer who changes back is built again.
_BUILT_STATES = "int_billing__built_states"


def models_of_batch(manifest: Mapping[str, Any], touched: Collection[str]) -> list[str]:
    """Names of the models to build after versions of the `touched` Stripe tables landed; [] where no leak reads them.

    Findings are made from nothing else, so a batch ends with the same ones as a build of everything.
    """
    nodes = {id: node for id, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    sources = {
        id
        for id, source in manifest["sources"].items()
        if source["source_name"] == "stripe" and source["name"] in touched
    }
    leaks = {id for id, node in nodes.items() if is_of_leaks(node) or node["name"] == _BUILT_STATES}
    needed = leaks | _reach(leaks, {id: node["depends_on"]["nodes"] for id, node in nodes.items()})
    affected = _reach(sources, manifest["child_map"])
    return sorted(nodes[id]["name"] for id in needed & affected & nodes.keys())


def is_of_leaks(node: Mapping[str, Any]) -> bool:
    """Whether a node of the manifest stands in the folder of the leaks."""
    return "leaks" in node["fqn"][1:-1]


def _reach(begin: Collection[str], following: Mapping[str, Collection[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [*begin]
    while waiting:
        for id in following.get(waiting.pop(), ()):
            if id not in reached:
                reached.add(id)
                waiting.append(id)
    return reached
