"""Runs inside templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from playground import history, timeline, unconfirmed, words
from playground.models import Run

register = template.Library()

ICONS: Mapping[str, str] = {
    Run.State.SUCCEEDED: "check",
    Run.State.FAILED: "cross",
    Run.State.CANCELLED: "stop",
    Run.State.UNCONFIRMED: "question",
    Run.State.RUNNING: "play",
}


@register.filter
def state_icon(run: Run) -> str:
    """The name of a state's icon: a clock while it waits."""
    return ICONS.get(run.state, "clock")


@register.inclusion_tag("playground/partials/_run_row.html")
def run_row(run: Run, oob: int = 0) -> dict[str, Any]:
    """The line of one run in a list."""
    return {"row": history.row(run), "oob": oob}


@register.inclusion_tag("playground/endpoint/_strip_item.html")
def run_in_strip(run: Run, oob: int = 0) -> dict[str, Any]:
    """One run of a model's film strip."""
    return {"row": history.row(run, "strip"), "oob": oob}


@register.inclusion_tag("playground/run/_timeline.html")
def run_timeline(run: Run, oob: int = 0) -> dict[str, Any]:
    """What happened to a run and when."""
    return {"run": run, "moments": timeline.read(run), "oob": oob}


@register.inclusion_tag("playground/run/_facts.html")
def run_facts(run: Run, oob: int = 0) -> dict[str, Any]:
    """What else is kept of a run."""
    return {"run": run, "facts": timeline.facts(run), "oob": oob}


@register.inclusion_tag("playground/run/_unconfirmed.html", takes_context=True)
def run_unconfirmed(context: template.Context, run: Run) -> dict[str, Any]:
    """What to do about a run whose submit was not answered."""
    around = {name: context.get(name, "") for name in ("csrf_token", "is_page")}
    return {
        "run": run,
        "is_looked_for": unconfirmed.is_looked_for(run),
        "answer": words.answered(unconfirmed.answer(run)),
        "sent_again": unconfirmed.sent_again(run),
        **around,
    }
