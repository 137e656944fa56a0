"""One result as the viewer shows it: a file of a run, or the output of a run without files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from django.urls import reverse

from core.formatting import duration
from core.formatting import size as size_in_words
from core.word_diff import Part, word_diff
from fal.db_safe import db_safe
from playground.display import history, renderers
from playground.display.inputs import ComparisonFile, InputFile, input_files
from playground.display.renderers import ArtifactView
from playground.display.result import caption
from playground.variations import MoreLike, offer_more_like
from runs.file_kinds import VISUAL
from runs.files import input_references, result_names
from runs.models import Artifact, Run
from runs.progress import watch_tokens
from runs.results import json_tree, timeline
from runs.results.provenance import provenance_in_words

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

COLUMNS = ("arguments", "output", "output_text", "metrics", "events")  # of a run, needed here
SHORTEST_WAIT = timedelta(seconds=1)  # shorter ones are not worth a line
SAID_ELSEWHERE = {"Billed", "Origin"}  # facts of the run that its price and its files already show


@dataclass(frozen=True)
class ResultView:
    """A result, its run, and the user's rights; `shown` is None unless the result is a file.

    `marked` is another file to compare it with.
    """

    run: Run
    shown: renderers.ArtifactView | None
    count: int  # files of the run
    view: str  # as in `watch_tokens.view_for`
    user: User | AnonymousUser
    marked: renderers.ArtifactView | None = None

    @property
    def key(self) -> str:
        """Return its name in addresses: `<run uuid>/<position>`, or the run's alone."""
        return f"{self.run.pk}/{self.shown.artifact.position}" if self.shown else str(self.run.pk)

    @property
    def field(self) -> str:
        """Return the field by which a selection names it."""
        return "artifact" if self.shown else "run"

    @property
    def kind(self) -> str:
        """Return how it is shown: the kind of its file, `lost`, `text`, `json`, or `none`."""
        if self.shown:
            return self.shown.shown_as
        if self.run.state != Run.State.SUCCEEDED:
            return "none"
        return "text" if self.texts else "json"

    @property
    def uses_address(self) -> str:
        """Return the address of what it can be an input of; empty if of nothing."""
        if self.shown and self.shown.src:
            key = [self.run.pk, self.shown.artifact.position]
            return reverse("playground:artifact-uses", args=key)
        is_text = self.kind == "text"
        return reverse("playground:run-text-uses", args=[self.run.pk, 0]) if is_text else ""

    @property
    def download_address(self) -> str:
        """Return the address at which it is saved; empty where nothing is there."""
        if self.shown:
            return f"{self.shown.artifact.get_absolute_url()}?download" if self.shown.src else ""
        if self.kind == "text":
            return reverse("playground:run-text", args=[self.run.pk, 0])
        is_json = self.kind == "json"
        return reverse("playground:run-output", args=[self.run.pk]) if is_json else ""

    @property
    def number(self) -> int:
        """Return the place of the file among the run's, from 1."""
        return self.shown.artifact.position + 1 if self.shown else 1

    @cached_property
    def texts(self) -> list[renderers.Text]:
        """Return the texts of a result without files, as they are rendered."""
        return [] if self.shown else renderers.texts(self.run)

    @cached_property
    def tree(self) -> str:
        """Return the output as a tree of JSON."""
        return json_tree.render(self.run.output)

    @cached_property
    def prompt(self) -> str:
        """Return the run's prompt; its title for a model without a prompt."""
        return caption.prompt_of(self.run)

    @property
    def is_of_several_steps(self) -> bool:
        """Whether its run took the result of another run."""
        return input_references.names_results(self.run.arguments)

    @property
    def changed_words(self) -> list[Part]:
        """Return how the first text differs from the prompt; empty where there is no prompt."""
        return word_diff(self.prompt, self.texts[0].preview.text) if self.prompt else []

    @property
    def seed(self) -> str:
        """Return the seed that was used, as text; empty if unknown."""
        return result_names.seed_of(self.run)

    @property
    def cost(self) -> str:
        """Return what the run has cost, or that it was free; empty while it is under way."""
        return caption.billed(self.run)

    @property
    def by(self) -> str:
        """Return the author of the run; empty if that is the reader."""
        return self.run.author if watch_tokens.is_of_others(self.view) else ""

    @property
    def settings(self) -> list[history.ArgumentRow]:
        """Return the arguments as rows of a table."""
        return history.argument_rows(db_safe(self.run.arguments))

    @property
    def run_facts(self) -> list[Fact]:
        """Return the facts of the run."""
        return facts_of_run(self.run)

    @property
    def file_facts(self) -> list[Fact]:
        """Return the facts of the file; empty if the result is not a file."""
        return facts_of_file(self.shown) if self.shown else []

    @cached_property
    def inputs(self) -> list[InputFile]:
        """Return the run's input files; empty for an example, whose readers may not see them."""
        return input_files(self.run) if self._is_members else []

    @property
    def beside(self) -> ComparisonFile | None:
        """Return the file to lay over the result: the marked one, else an input of that kind."""
        if self.kind not in VISUAL:
            return None
        if self.marked:
            is_of_kind = self.marked.artifact.kind == self.kind and self.marked.src
            other = self.marked
            return (
                ComparisonFile(other.src, "Marked", "This one", other.run) if is_of_kind else None
            )
        addresses = (file.address for file in self.inputs if file.kind == self.kind)
        address = next(addresses, None)
        return ComparisonFile(address, "Before", "After") if address else None

    @cached_property
    def more(self) -> MoreLike | None:
        """Return what "More like this" starts and costs; None where it is not offered."""
        if not (self.may_begin and self.run.endpoint.is_runnable and self.run.is_final):
            return None
        more_like_run = offer_more_like(self.run)
        return more_like_run if more_like_run.is_offered else None

    @property
    def may_begin(self) -> bool:
        """Whether the user may begin runs from this one."""
        return watch_tokens.may(self.view, watch_tokens.SEE)

    @property
    def may_star(self) -> bool:
        """Whether the user may star the file."""
        return bool(self.shown) and watch_tokens.may(self.view, watch_tokens.STAR)

    @property
    def may_delete(self) -> bool:
        """Whether the user may delete the run."""
        return self.run.is_final and watch_tokens.may(self.view, watch_tokens.DELETE)

    @property
    def _is_members(self) -> bool:
        return self.may_begin or watch_tokens.is_looked_at(self.view)


def viewed(
    user: User | AnonymousUser,
    run: Run,
    position: int | None = None,
    marked: renderers.ArtifactView | None = None,
) -> ResultView | None:
    """Return a file of a run for this user; without a position, the output of a run without files.

    The user must be able to read the run; its endpoint and artifacts should be loaded. None if
    there is no such file.
    """
    files = _files(run)
    shown_file = None if position is None else _at(files, position)
    if position is not None and shown_file is None:
        return None
    view = watch_tokens.view_for(user, run, "page")
    return ResultView(run, shown_file, len(files), view, user, marked)


def file_at(run: Run, position: int) -> renderers.ArtifactView | None:
    """Return one file of a successful run; None if there is no such file."""
    return _at(_files(run), position)


def _files(run: Run) -> Sequence[renderers.ArtifactView]:
    return renderers.artifacts_with_urls(run) if run.state == Run.State.SUCCEEDED else []


def _at(files: Sequence[renderers.ArtifactView], position: int) -> renderers.ArtifactView | None:
    return next((file for file in files if file.artifact.position == position), None)


# Facts about a result's run and file, for the viewer's details.


class Fact(NamedTuple):
    """A name and its value; `is_code` for values that people copy rather than read."""

    name: str
    value: str
    is_code: bool = False


def facts_of_run(run: Run) -> list[Fact]:
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


def facts_of_file(result: ArtifactView) -> list[Fact]:
    """Return what is known of a file: its dimensions, type, size, origin and digest."""
    file = result.artifact
    exact_size = f"{size_in_words(file.size_bytes)} ({file.size_bytes or 0:,} bytes)"
    facts = [
        Fact("Pixels", f"{file.width} × {file.height}" if file.width and file.height else ""),
        Fact("Length", duration(file.duration_s or None)),
        Fact("Type", file.content_type),
        Fact("Size", exact_size if file.size_bytes else ""),
        Fact("Origin", provenance_in_words(file)),
        Fact("Saved as", result.name),
        Fact("Copy", "Not copied here yet" if file.state == Artifact.State.REMOTE else ""),
        Fact("SHA-256", file.digest, is_code=True),
    ]
    return [fact for fact in facts if fact.value]
