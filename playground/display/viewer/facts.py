"""What the viewer's details say of a result beside its settings: its run, and its file."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from core.formatting import duration
from core.formatting import size as size_in_words
from playground.display import history
from playground.display.renderers import Shown
from playground.display.result import caption
from runs.models import Artifact, Run
from runs.results import timeline
from runs.results.provenance import provenance_in_words

SHORTEST_WAIT = timedelta(seconds=1)  # shorter ones are not worth a line
SAID_ELSEWHERE = {"Billed", "Origin"}  # of the run's facts: in its price, and of each file


class Fact(NamedTuple):
    """A name and its value; `is_code` for what is copied rather than read."""

    name: str
    value: str
    is_code: bool = False


def of_run(run: Run) -> list[Fact]:
    """Return when, how long and at what cost the run was made; unknown facts are left out."""
    waited = run.started_at - run.created_at if run.started_at else timedelta()
    facts = [
        Fact("Waited", duration(waited) if waited >= SHORTEST_WAIT else ""),
        Fact("Took", duration(history.seconds(run))),
        Fact("Price", caption.billed(run)),
        *(Fact(name, value) for name, value in timeline.facts(run) if name not in SAID_ELSEWHERE),
        Fact("Request", run.request_id or "", is_code=True),
    ]
    return [fact for fact in facts if fact.value]


def of_file(shown: Shown) -> list[Fact]:
    """Return what is known of a file: its dimensions, type, size, origin and digest."""
    file = shown.artifact
    exact_size = f"{size_in_words(file.size_bytes)} ({file.size_bytes or 0:,} bytes)"
    facts = [
        Fact("Pixels", f"{file.width} × {file.height}" if file.width and file.height else ""),
        Fact("Length", duration(file.duration_s or None)),
        Fact("Type", file.content_type),
        Fact("Size", exact_size if file.size_bytes else ""),
        Fact("Origin", provenance_in_words(file)),
        Fact("Saved as", shown.name),
        Fact("Copy", "Not copied here yet" if file.state == Artifact.State.REMOTE else ""),
        Fact("SHA-256", file.digest, is_code=True),
    ]
    return [fact for fact in facts if fact.value]
