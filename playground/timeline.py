"""What happened to a run and when, as a list of moments for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from catalog.pricing import billed
from catalog.templatetags.vitrine import duration
from fal import Cancellation
from playground import lifecycle, words
from playground.metrics import inference_s
from playground.models import Run, Transport

TELLING = timedelta(milliseconds=50)  # less is shown as no time at all
BY: Mapping[str, str] = {
    "list": "In upstream's list of requests, by its id or the very input that was sent.",
    "webhook": "By upstream's report of its end.",
    "submit": "The answer to the submit came after all.",
}
CANCELLATION: Mapping[str, str] = {
    Cancellation.ALREADY_COMPLETED: "It had ended by then.",
    Cancellation.NOT_FOUND: "It does not know this run.",
}
EVENTS: Mapping[str, str] = {
    "lost": "Answer to the submit lost",
    "broke": "Connection broke off",
    "found": "Found again",
    "again": "Sent again as another run",
    "later": "Not taken, tried again later",
    "cancel": "Upstream told to stop",
    "unstopped": "Upstream did not take the cancel, asked again",
    "refused": "The model failed on some inputs",
    "session": "Live session ended",
    "cut": "Live session broke off",
}
TROUBLES = {"lost", "broke", "cut"}
UNCLEAR = "Answer left it open"  # nothing broke: upstream answered, and not what came of the run


@dataclass(frozen=True)
class Moment:
    """One thing that happened; `kind` colours its dot, `after` is the time since the last."""

    at: datetime
    what: str
    detail: str = ""
    kind: str = ""
    href: str = ""
    after: timedelta | None = None


def read(run: Run) -> list[Moment]:
    """The run's moments in order, each with how long after the last it was."""
    moments = sorted([*_course(run), *_events(run)], key=lambda moment: moment.at)
    befores = [None, *moments]
    return [
        replace(moment, after=moment.at - before.at)
        if before and moment.at - before.at >= TELLING
        else moment
        for moment, before in zip(moments, befores, strict=False)
    ]


def broke_off(run: Run) -> str:
    """Why not all of a run that went well may be here; empty where nothing is missing."""
    return next((str(event["text"]) for event in run.events if event.get("what") == "cut"), "")


def is_given_up(run: Run) -> bool:
    """Whether it ended here alone: its answer was lost, and nothing was stopped upstream."""
    return _given_up_at(run) is not None


def _given_up_at(run: Run) -> datetime | None:
    last = run.events[-1] if run.events else {}
    return parse_datetime(last["at"]) if last.get("what") == "given up" else None


def facts(run: Run) -> list[tuple[str, str]]:
    """What else is kept of the run, as names and words; what is not known is left out."""
    found = {
        "Way": run.get_transport_display(),
        "Results": str(run.metrics.get("results", "")),
        "Attempts": str(run.attempts) if run.attempts > 1 else "",
        "Model time": duration(seconds) if (seconds := inference_s(run.metrics)) else "",
        "Billed": billed(run.billable_units, run.endpoint) if run.billable_units else "",
        "Schema": (run.schema_id or "")[:12],
    }
    return [(name, value) for name, value in found.items() if value]


def _course(run: Run) -> Iterator[Moment]:
    """The usual course, as far as it went; moments that coincide in the column order."""
    yield Moment(run.created_at, "Asked for")
    if run.sent_at:
        yield Moment(run.sent_at, "Sent", _way(run))
    if run.queued_at:
        yield Moment(run.queued_at, *_queued(run), kind="queued")
    if run.started_at:
        yield Moment(run.started_at, "Started", kind="running")
    if run.cancel_requested_at and run.cancel_requested_at != _given_up_at(run):
        yield Moment(run.cancel_requested_at, "Cancel asked for")
    if run.ended_at:
        yield Moment(run.ended_at, *_end(run), kind=run.state)
    if run.result_at:
        what = "Answer kept" if run.state == Run.State.SUCCEEDED else "Error kept"
        yield Moment(run.result_at, what)


def _end(run: Run) -> tuple[str, str]:
    if is_given_up(run):
        return "Given up here", "Nothing was stopped: upstream may still finish it."
    return run.get_state_display(), ""


def _way(run: Run) -> str:
    way = f"{run.get_transport_display()}." if run.transport != Transport.QUEUE else ""
    tries = f"At the {_ordinal(run.attempts)} attempt." if run.attempts > 1 else ""
    return " ".join(filter(None, [way, tries]))


def _queued(run: Run) -> tuple[str, str]:
    """What the queue said at first, and how the line moved."""
    if run.transport != Transport.QUEUE:
        return "Taken by upstream", ""
    places = [str(position) for _, position in run.positions]
    if not places or places[0] == "0":
        return "Queued", ""
    later = places[1:] if len(places) <= 7 else [*places[1:4], "…", places[-1]]
    return f"Queued, {places[0]} ahead", f"Then {', '.join(later)}." if later else ""


def _events(run: Run) -> Iterator[Moment]:
    """What happened besides; entries that nobody can read are passed over."""
    for event in run.events:
        at = parse_datetime(event.get("at", ""))
        what = EVENTS.get(event.get("what", ""))
        if at is None or what is None:
            continue
        yield _event(event, at, what)


def _event(event: Mapping[str, Any], at: datetime, what: str) -> Moment:
    text = words.answered(str(event.get("text", "")))
    if event["what"] == "again":
        return Moment(at, what, href=reverse("playground:run", args=[text]))
    if event["what"] == "found":
        return Moment(at, what, BY.get(text, ""))
    if event["what"] == "cancel":
        return Moment(at, what, CANCELLATION.get(text, ""))
    if event["what"] in TROUBLES and text.startswith(lifecycle.ANSWERED):
        what = UNCLEAR
    return Moment(at, what, text, kind="unconfirmed" if event["what"] in TROUBLES else "")


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 <= number % 100 <= 20 else endings.get(number % 10, 'th')}"
