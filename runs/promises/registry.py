"""Each app registers one object here, which answers what lower folders ask about its runs.

To the worker, the files and the live pages, the run of a board or a flow is an ordinary run. When
they need to know something of its app, they ask the app's `RunOwner`, which `AppConfig.ready`
registers. It has those of three interfaces that the app needs: `Lifecycle`, `Keeps` and
`Places`. (In any other sentence, a run's owner is its user.)
"""

from __future__ import annotations

from typing import TypeVar


class RunOwner:
    """One app's promises: the base of the three interfaces.

    Each method has a default that promises nothing: override what applies. Methods that return
    querysets or callables are called often and must not query themselves.
    """


Promises = TypeVar("Promises", bound=RunOwner)
_OWNERS: dict[type[RunOwner], RunOwner] = {}


def register(owner: RunOwner) -> None:
    """Register an app's promises; called in its `ready`, which Django may call twice."""
    _OWNERS[type(owner)] = owner


def registered(interface: type[Promises]) -> list[Promises]:
    """Return the apps with this interface, in the order of `INSTALLED_APPS`."""
    return [owner for owner in _OWNERS.values() if isinstance(owner, interface)]
