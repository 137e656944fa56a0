"""A run's timeline for people: what happened and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from catalog.pricing import units_in_words
from core.formatting import duration, duration_in_words
from fal import Cancellation
from fal.messages.status import inference_s
from runs.models import START_TIMEOUT, Run, Transport
from runs.results import error_messages, provenance
from runs.state import transitions

SHORTEST_GAP = timedelta(milliseconds=50)  # shorter times between two moments are not shown
BY: Mapping[str, str] = {
    "list": "In upstream's list of requests, by its id or by its exact input.",
    "webhook": "By upstream's report that it has ended.",
    "submit": "The answer to the submit arrived after all.",
}
CANCELLATION: Mapping[str, str] = {
    Cancellation.ALREADY_COMPLETED: "The run had already ended.",
    Cancellation.NOT_FOUND: "Upstream does not know this run.",
}
TAKEN_OVER, NOT_TAKEN_OVER = "taken over", "not taken over"
MADE_BY_DEPUTY, DEPUTY_ALLOWED = "made by deputy", "deputy allowed"
EVENTS: Mapping[str, str] = {
    "lost": "Answer to the submit lost",
    "broke": "Connection broke off",
    "found": "Found again",
    "unlisted": "Upstream has no list of requests",
    "listed": "Upstream's list of requests is there again",
    "again": "Sent again as another run",
    TAKEN_OVER: "Another model took over",
    NOT_TAKEN_OVER: "The deputy did not take over",
    MADE_BY_DEPUTY: "Made by another model",
    DEPUTY_ALLOWED: "The deputy may take over",
    "later": "Not accepted, tried again later",
    "cancel": "Upstream was asked to stop",
    "unstopped": "Upstream did not accept the cancellation, asked again",
    "refused": "The model failed on some inputs",
    "session": "Live session ended",
    "cut": "Live session broke off",
    "api": "Started through the API",
    "proxy": "Started through the proxy",
    "openai": "Started through the OpenAI address",
    "shown": "Shown as an example",
    "unshown": "No longer shown as an example",
    "ignored": "Headers that were not passed on",
    "looked": "Looked at by an admin",
    "starred": "Starred",
    "unstarred": "Star removed",
}
WAYS_IN = {"api", "proxy", "openai"}
TROUBLES = {"lost", "broke", "cut"}
FALLBACK_ALLOWED = "allowed: if the model is unavailable, fal may answer from an equivalent one"
UNCLEAR = "Unclear answer"  # the connection held, but the answer was unusable


@dataclass(frozen=True)
class Moment:
    """An event; `kind` colours its dot, `after` is the time since the previous one."""

    at: datetime
    what: str
    detail: str = ""
    kind: str = ""
    href: str = ""
    after: timedelta | None = None


def moments(run: Run) -> list[Moment]:
    """Return the run's moments in order, each with the time since the previous one."""
    moments = sorted([*_lifecycle(run), *_events(run)], key=lambda moment: moment.at)
    befores = [None, *moments]
    return [
        replace(moment, after=moment.at - before.at)
        if before and moment.at - before.at >= SHORTEST_GAP
        else moment
        for moment, before in zip(moments, befores, strict=False)
    ]


def incomplete_reason(run: Run) -> str:
    """Return why a succeeded run may be incomplete; empty if nothing is missing."""
    return event_text(run, "cut")


def event_text(run: Run, kind: str) -> str:
    """Return the text of the run's first event of a kind; empty without one."""
    return next((str(event["text"]) for event in run.events if event.get("what") == kind), "")


def is_given_up(run: Run) -> bool:
    """Whether the run was given up: its answer was lost, and nothing was stopped upstream."""
    return _given_up_at(run) is not None


def _given_up_at(run: Run) -> datetime | None:
    ends = (event["at"] for event in run.events if event.get("what") == "given up")
    return next(map(parse_datetime, ends), None)


def _cancelled_by(run: Run) -> str:
    """Return " by NAME" if a user other than the owner cancelled the run."""
    names = (event["text"] for event in run.events if event.get("what") == "cancel by")
    return next((f" by {name}" for name in names), "")


def facts(run: Run) -> list[tuple[str, str]]:
    """Return further facts about the run as (name, text) pairs; unknown ones are left out."""
    wait_s = run.options.get(START_TIMEOUT)
    values = {
        "Transport": run.get_transport_display(),
        "Gives up": f"if it has not started within {duration_in_words(wait_s)}" if wait_s else "",
        "Priority": str(run.options.get("priority") or ""),
        "Retries by fal": "none" if run.options.get("no_retry") else "",
        "Fallback": FALLBACK_ALLOWED if allows_fallback(run) else "",
        "Results": str(run.metrics.get("results", "")),
        "Attempts": str(run.attempts) if run.attempts > 1 else "",
        "Model time": duration(seconds) if (seconds := inference_s(run.metrics)) else "",
        "Billed": _billed(run),
        "Origin": provenance.of_results(run),
        "Schema": (run.schema_id or "")[:12],
    }
    return [(name, value) for name, value in values.items() if value]


def allows_fallback(run: Run) -> bool:
    """Whether fal may answer from an equivalent model if the run's own is unavailable."""
    is_over_http = run.transport in {Transport.QUEUE, Transport.SYNC, Transport.STREAM}
    return is_over_http and not run.options.get("disable_fallback")


def _billed(run: Run) -> str:
    """Return the billed units; their cost is shown beside the other figures."""
    units = run.billable_units
    return units_in_words(units, run.endpoint.price_unit) if units else ""


def _lifecycle(run: Run) -> Iterator[Moment]:
    """Yield the state changes so far; simultaneous ones in this order."""
    yield Moment(run.created_at, "Created")
    if run.sent_at:
        yield Moment(run.sent_at, "Sent", _submit_detail(run))
    if run.queued_at:
        yield Moment(run.queued_at, *_queued(run), kind="queued")
    if run.started_at:
        yield Moment(run.started_at, "Started", kind="running")
    if run.cancel_requested_at and run.cancel_requested_at != _given_up_at(run):
        yield Moment(run.cancel_requested_at, f"Cancellation requested{_cancelled_by(run)}")
    if run.ended_at:
        yield Moment(run.ended_at, *_end(run), kind=run.state)
    if run.result_at:
        title = "Answer stored" if run.state == Run.State.SUCCEEDED else "Error stored"
        yield Moment(run.result_at, title)


def _end(run: Run) -> tuple[str, str]:
    if is_given_up(run):
        return (
            f"Given up{_cancelled_by(run)}",
            "Nothing was stopped: upstream may still finish it.",
        )
    by = _cancelled_by(run) if run.state == Run.State.CANCELLED else ""
    return f"{run.state_word}{by}", ""


def _submit_detail(run: Run) -> str:
    way = f"{run.get_transport_display()}." if run.transport != Transport.QUEUE else ""
    tries = f"On the {_ordinal(run.attempts)} attempt." if run.attempts > 1 else ""
    return " ".join(filter(None, [way, tries]))


def _queued(run: Run) -> tuple[str, str]:
    """Return the first queue position, and the later ones, in words."""
    if run.transport != Transport.QUEUE:
        return "Accepted by upstream", ""
    places = [str(position) for _, position in run.positions]
    if not places or places[0] == "0":
        return "Queued", ""
    later = places[1:] if len(places) <= 7 else [*places[1:4], "…", places[-1]]
    return f"Queued, {places[0]} ahead", f"Then {', '.join(later)}." if later else ""


def _events(run: Run) -> Iterator[Moment]:
    """Yield the other events; malformed entries are skipped."""
    for event in run.events:
        at = parse_datetime(event.get("at", ""))
        title = EVENTS.get(event.get("what", ""))
        if at is None or title is None:
            continue
        yield _event(event, at, title)


def _event(event: Mapping[str, Any], at: datetime, title: str) -> Moment:
    text = error_messages.upstream_words(str(event.get("text", "")))
    if event["what"] in {"again", TAKEN_OVER}:
        return Moment(at, title, href=reverse("playground:run", args=[text]))
    if event["what"] == "found":
        return Moment(at, title, BY.get(text, ""))
    if event["what"] in WAYS_IN:
        return Moment(at, title, f"With the token “{text}”." if text else "")
    if event["what"] == "cancel":
        return Moment(at, title, CANCELLATION.get(text, ""))
    if event["what"] in TROUBLES and text.startswith(transitions.ANSWERED):
        title = UNCLEAR
    return Moment(at, title, text, kind="unconfirmed" if event["what"] in TROUBLES else "")


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 <= number % 100 <= 20 else endings.get(number % 10, 'th')}"
