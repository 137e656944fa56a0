"""What other apps write in the transaction in which a run ends, once for each run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from playground.models import Run

Hook = Callable[[Run, Mapping[str, Any]], None]
_HOOKS: list[Hook] = []


def register(hook: Hook) -> None:
    """Have `hook(run, changed)` called at the end of each run; called in the app's `ready`.

    `run` is the locked row as it was before, without its large columns, `changed` the columns of
    its end. The hook must be quick, and what it raises undoes the end: anything but a row or two
    belongs to a job of the worker.
    """
    if hook not in _HOOKS:
        _HOOKS.append(hook)


def call(run: Run, changed: Mapping[str, Any]) -> None:
    """Call every hook if these changes end the run."""
    if changed.get("state") in Run.FINAL:
        for hook in _HOOKS:
            hook(run, changed)
