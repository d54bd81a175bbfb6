"""All that a ledger holds, as plain values that compare by content."""

from typing import Any

from documents.crdt.ledger import NOWHERE, Container, Ledger

Path = tuple[Any, ...]


def fingerprint(ledger: Ledger) -> dict[str, Any]:
    """Two ledgers that judge alike have equal fingerprints; so has one ledger before and after a rollback."""
    names: dict[int, Path] = {id(container): ("type", *item) for item, container in ledger.types.items()}
    names |= {id(container): ("root", name) for name, container in ledger.roots.items()}
    names[id(NOWHERE)] = ("nowhere",)

    def path(container: Container) -> Path:
        name = names.get(id(container))
        if name is not None:
            return name
        assert container.parent is not None
        return (*path(container.parent), container.key)

    owners = [*ledger.roots.values(), *ledger.types.values(), NOWHERE]
    return {
        "clocks": dict(ledger.clocks),
        "places": {
            client: list(zip(starts, map(path, ledger._containers[client]), strict=True))
            for client, starts in ledger._starts.items()
        },
        "types": {item: (one.kind, one.root, one.depth, one.top) for item, one in ledger.types.items()},
        "order": {client: list(clocks) for client, clocks in ledger._type_clocks.items()},
        "keys": {path(owner): {key: path(one) for key, one in owner.keys.items()} for owner in owners},
        "pairs": {client: set(clocks) for client, clocks in ledger._pairs.items()},
        "deleted": {client: list(ranges) for client, ranges in ledger.deleted.items()},
        "owners": dict(ledger.owners),
        "undo": len(ledger._undo),
    }
