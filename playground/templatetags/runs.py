"""Template tags that show runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings
from django.utils.safestring import SafeString

from catalog.templatetags.vitrine import ago
from core.byte_cache import ByteCache
from playground import rerun, takeovers, variations
from playground.display import code_colours, history, tiles, tries, wall
from playground.display import first_steps as newcomers
from playground.display.result.settings import still_of_input
from projects.templatetags.projects import in_project
from runs.costs import cost, known_costs
from runs.models import Run, Transport
from runs.progress import at_fal
from runs.promises.places import stage_panel
from runs.results import error_messages, timeline, wait_reasons
from runs.worker.following import reconciliation
from schemas.estimate.wording import nobody_pays

register = template.Library()
_ROW = "playground/partials/_run_row.html"
_ROWS: ByteCache[SafeString] = ByteCache("rows", 2 << 20, len)

ICONS: Mapping[str, str] = {
    Run.State.SUCCEEDED: "check",
    Run.State.FAILED: "cross",
    Run.State.CANCELLED: "stop",
    Run.State.UNCONFIRMED: "question",
    Run.State.RUNNING: "play",
}


@register.simple_tag(takes_context=True)
def first_steps(context: template.Context) -> list[newcomers.FirstStep]:
    """Return the first steps for a newcomer; empty for others."""
    return newcomers.first_steps(context["request"], context["revision"])


@register.filter
def state_icon(run: Run) -> str:
    """Return the name of the icon for a run's state; a clock while it waits."""
    return ICONS.get(run.state, "clock")


register.filter(stage_panel)
register.filter("coloured", code_colours.coloured)
register.filter("charge", known_costs.charge_in_words)


@register.filter
def queue_words(run: Run) -> str:
    """Return how many runs upstream processes first, to follow the state; empty if unknown."""
    ahead = run.queue_position
    if run.state != Run.State.QUEUED or ahead is None:
        return ""
    return wait_reasons.in_queue(ahead)


@register.simple_tag(takes_context=True)
def listed_run(context: template.Context, row: history.Row) -> SafeString:
    """Render a row of a list of runs; an ended run's is cached by everything that it shows.

    A page has dozens of rows; they seldom change and take most of its rendering time.
    """
    run = row.run
    author_parts = (row.by, run.user.username) if row.by else ()
    cost = run.endpoint.unit_price_usd if row.is_covered else None
    run_parts = run.pk, run.version, run.title, run.endpoint.name, run.is_starred, run.deleted_at
    of_row = row.is_covered, cost, row.still, row.kind
    key = (*run_parts, *author_parts, *of_row, ago(run.created_at), in_project(context))
    markup: SafeString | None = _ROWS.get(key) if run.is_final else None
    if markup is None:
        with context.push(row=row, oob=0):
            markup = template.Engine.get_default().get_template(_ROW).render(context)
        if run.is_final:
            _ROWS.put(key, markup)
    return markup


@register.inclusion_tag(_ROW)
def run_row(run: Run, view: str = "row", oob: int = 0) -> dict[str, Any]:
    """Render a run's row in a list."""
    return {"row": history.row(run, view), "oob": oob}


@register.inclusion_tag("playground/partials/_tray_row.html")
def run_in_tray(run: Run, oob: int = 0) -> dict[str, Any]:
    """Render a run's item in the tray."""
    return {"row": history.item(run, "tray"), "oob": oob}


@register.inclusion_tag("playground/endpoint/_try_run.html")
def run_in_try(run: Run, view: str, is_elsewhere: int = 0) -> dict[str, Any]:
    """Render a run's picture among the tries of a model's page, which may be another model's."""
    return {"shown": tries.tile(run, view), "is_elsewhere": is_elsewhere, "oob": 1}


@register.filter
def rerun_cost(run: Run) -> str:
    """Return what the same arguments will cost once more: `about $0.10`."""
    return cost.estimate_run(run.endpoint, run.arguments).page_label


register.filter("input_still", still_of_input)


@register.filter
def alone_cost(run: Run) -> str:
    """Return what one of the run's results will cost when it is made again alone."""
    return cost.estimate_run(run.endpoint, rerun.arguments_alone(run, 0)).page_label


@register.inclusion_tag("playground/partials/_more_like_button.html", takes_context=True)
def more_like(context: template.Context, run: Run) -> dict[str, Any]:
    """Render the button that starts more runs like this one, with their cost."""
    more_like_run = variations.offer_more_like(run)
    return {"run": run, "more": more_like_run, "csrf_token": context.get("csrf_token", "")}


@register.inclusion_tag("playground/run/_at_fal.html")
def run_at_fal(run: Run, oob: int = 0) -> dict[str, Any]:
    """Render until when upstream keeps a run's input and result."""
    return {"run": run, "line": at_fal.line(run), "oob": oob}


@register.simple_tag
def copies_at_fal() -> str:
    """Return what a deletion here means for the copies at fal."""
    return at_fal.after_deletion()


@register.inclusion_tag("playground/partials/_run_tile.html")
def run_tile(run: Run, oob: int = 0) -> dict[str, Any]:
    """Render a run as a tile of a grid."""
    return {"tile": tiles.tile(run), "oob": oob}


@register.inclusion_tag("playground/wall/_stack.html")
def run_on_wall(run: Run, view: str, oob: int = 0) -> dict[str, Any]:
    """Render a run as the wall shows it; `view` as in `watch_tokens.view_for`."""
    return {"stack": wall.stack(run, view), "oob": oob}


@register.inclusion_tag("playground/run/_timeline.html")
def run_timeline(run: Run, oob: int = 0) -> dict[str, Any]:
    """Render the timeline of a run."""
    return {"run": run, "moments": timeline.moments(run), "oob": oob}


@register.inclusion_tag("playground/run/_facts.html")
def run_facts(run: Run, oob: int = 0) -> dict[str, Any]:
    """Render the other facts of a run."""
    return {"run": run, "facts": timeline.facts(run), "oob": oob}


@register.inclusion_tag("playground/run/_known_costs.html")
def run_costs(run: Run, oob: int = 0) -> dict[str, Any]:
    """Render the figures of what a run costs."""
    return {"run": run, "costs": None if nobody_pays() else known_costs.costs_of(run), "oob": oob}


@register.inclusion_tag("playground/run/_takeover.html", takes_context=True)
def run_takeover(context: template.Context, run: Run) -> dict[str, Any]:
    """Render the model that can make a run instead, if its own does not respond or declines."""
    may_offer = not (context.get("is_readonly") or context.get("is_looked_at"))
    may_offer = may_offer and (run.is_final or bool(context.get("may_cancel")))
    made_by = takeovers.successor(run) if may_offer else None
    reason = takeovers.reason_of(run) if may_offer and made_by is None else ""
    takeover = takeovers.find(run) if reason else None
    return {
        "run": run,
        "reason": reason,
        "takeover": takeover,
        "is_automatic": takeover is not None and takeovers.is_promised(run, takeover),
        "made_by": made_by,
        "csrf_token": context.get("csrf_token", ""),
    }


@register.filter
def requested(run: Run) -> str:
    """Return that another model was requested, and why this one made the run; mostly empty."""
    return timeline.event_text(run, timeline.MADE_BY_DEPUTY)


@register.inclusion_tag("playground/run/_unconfirmed.html", takes_context=True)
def run_unconfirmed(context: template.Context, run: Run) -> dict[str, Any]:
    """Render the options for a run whose submit was not answered."""
    names = ("csrf_token", "is_page", "may_cancel", "is_looked_at")
    inherited = {name: context.get(name, "") for name in names}
    return {
        "run": run,
        "is_being_reconciled": reconciliation.is_being_reconciled(run),
        "has_no_list": reconciliation.has_no_list(run),
        "is_reported": bool(settings.PUBLIC_URL) and run.transport == Transport.QUEUE,
        "answer": error_messages.upstream_words(reconciliation.upstream_answer(run)),
        "sent_again": reconciliation.sent_again(run),
        **inherited,
    }
