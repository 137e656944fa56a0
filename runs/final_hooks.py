"""Hooks of other apps that write in the transaction in which a run ends, once per run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runs.models import Run

Hook = Callable[[Run, Mapping[str, Any]], None]
_HOOKS: list[Hook] = []


def register(hook: Hook) -> None:
    """Register `hook(run, changed)`, called at the end of each run; called in the app's `ready`.

    `run` is the locked row in its previous state, without its large columns, `changed` the columns
    that the end changes. The hook must be quick, and an exception in it undoes the end: anything
    beyond writing a row or two belongs in a job of the worker.
    """
    if hook not in _HOOKS:
        _HOOKS.append(hook)


def call(run: Run, changed: Mapping[str, Any]) -> None:
    """Call every hook if these changes end the run."""
    if changed.get("state") in Run.FINAL:
        for hook in _HOOKS:
            hook(run, changed)
