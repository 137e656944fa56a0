"""How each view of a run is rendered when the run has changed: apps register their own views."""

from __future__ import annotations

from collections.abc import Callable

from runs.models import Run
from runs.progress import watch_tokens

Render = Callable[[Run, str], str]  # (run, view with its rights) -> the fragments to swap in

_RENDERERS: dict[str, Render] = {}
_LIVE: set[str] = set()


def register(kind: str, render: Render, *, is_live: bool = False) -> None:
    """Register how an app renders the fragments of one of its views.

    `is_live`: the view is also rendered for each partial output (`runs/progress/live_partials.py`).
    """
    _RENDERERS[kind] = render
    if is_live:
        _LIVE.add(kind)


def is_live(view: str) -> bool:
    """Whether a view shows partial outputs as they are announced."""
    return watch_tokens.kind_of(view) in _LIVE


def render(run: Run, view: str) -> str:
    """Render the fragments that pages in this view swap in; KeyError for a view of no app."""
    return _RENDERERS[watch_tokens.kind_of(view)](run, view)
