"""The answer of a turn: the model's text as safe HTML, while it is generated and afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string

from features.chats.models import Turn
from features.chats.talk import answers, composition
from playground.display.markdown import markdown
from runs.costs import known_costs
from runs.models import Run
from runs.progress import live_partials, watch_tokens
from runs.results import error_messages

if TYPE_CHECKING:
    from django.contrib.auth.models import User

VIEW = "chat"
MOST_CHARS = 20_000  # of an answer on the page; all of it is on the run's page


def view_for(user: User, *, may_write: bool) -> str:
    """Return the name of the user's view of answers, as in `watch_tokens.view_for`.

    Only who writes in the conversation may stop an answer there, or ask again.
    """
    return VIEW if may_write else f"{VIEW}{watch_tokens.ONLY}.{user.pk}"


def context(run: Run, view: str) -> dict[str, Any]:
    """Return the context of an answer's template."""
    is_final = run.output is not None
    partial, version = live_partials.newest(run)
    answer = answers.parse_answer(run.output if is_final else partial)
    text = answer.text[:MOST_CHARS]
    return {
        "run": run,
        "version": version,
        "answer": answer,
        "text": text,
        "html": markdown(text),
        "is_cut": len(text) < len(answer.text),
        # Upstream's own usage report may have the price.
        "price": "" if "$" in answer.counted else known_costs.in_words(run),
        "explanation": error_messages.explain(run.error) if run.error else None,
        "is_stopped": run.state == Run.State.CANCELLED,
        "is_failed": run.state == Run.State.FAILED,
        "may_write": view == VIEW,
        "is_textless": run.state == Run.State.SUCCEEDED and not answer.text,
    }


def render(run: Run, view: str) -> str:
    """Render the fragment that a conversation's page swaps in when the run has changed."""
    turn = Turn.objects.filter(run=run).first() if run.is_final else None
    limited = too_long(turn) if turn else None
    html = render_to_string("features/chats/_answer.html", context(run, view) | {"oob": True})
    if not limited:
        return html
    values = limited | {"oob": True, "may_write": view == VIEW}
    return html + render_to_string("features/chats/_limit.html", values)


def too_long(turn: Turn) -> dict[str, Any] | None:
    """Return the context of the notice that a conversation is too long for its model, else None.

    Without `turn` in it there is nothing to leave out: the message itself is too long.
    """
    run = turn.run
    if run is None or not run.is_final:
        return None
    if not composition.is_too_long(run.error, answers.parse_answer(run.output).trouble):
        return None
    return {"run": run, "is_too_long": True, "turn": turn.pk if turn.parent_id else None}
