"""How each view of a run is rendered when the run has changed, by the app whose page shows it."""

from __future__ import annotations

from runs import owners
from runs.models import Run
from runs.owners import LiveView
from runs.progress import watch_tokens


def is_live(view: str) -> bool:
    """Whether a view shows partial outputs as they are announced."""
    live_view = _find(view)
    return live_view is not None and live_view.is_live


def render(run: Run, view: str) -> str:
    """Render the fragments that pages in this view swap in; KeyError for a view of no app."""
    live_view = _find(view)
    if live_view is None:
        raise KeyError(view)
    return live_view.render(run, view)


def _find(view: str) -> LiveView | None:
    kind = watch_tokens.kind_of(view)
    for owner in owners.registered():
        if live_view := owner.live_views().get(kind):
            return live_view
    return None
