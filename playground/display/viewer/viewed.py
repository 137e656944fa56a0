"""One result as the viewer shows it: a file of a run, or what the run gave in place of files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from core.word_diff import Part, word_diff
from fal.db_safe import db_safe
from playground.display import history, json_tree, renderers
from playground.display.comparison.predecessor import Predecessor, predecessor_of
from playground.display.more_like import MoreLike, more_like
from playground.display.result import caption
from playground.display.viewer import facts
from playground.display.viewer.inputs import InputFile, input_files
from runs.files import result_names
from runs.models import Run
from runs.progress import watch_tokens

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

COLUMNS = ("arguments", "output", "output_text", "metrics", "events")  # that it needs of a run
COMPARED = {"image", "video"}  # kinds of which one is laid over the other


class Beside(NamedTuple):
    """What is laid over a result, under a slider: its address, words for both, and its run."""

    address: str
    first: str
    second: str
    run: Run | None = None


@dataclass(frozen=True)
class Viewed:
    """A result, its run, and what a user may do with it; `shown` is None where it is no file.

    `marked` is another file to compare it with.
    """

    run: Run
    shown: renderers.Shown | None
    count: int  # files of the run
    view: str  # as of `watch_tokens.view_for`
    user: User | AnonymousUser
    marked: renderers.Shown | None = None

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
            return self.shown.artifact.kind if self.shown.src else "lost"
        if self.run.state != Run.State.SUCCEEDED:
            return "none"
        return "text" if self.texts else "json"

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
        """Return the text that the run was asked for; its title for a model without a prompt."""
        return caption.prompt_of(self.run)

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
        """Return who began the run, where that is not the reader."""
        return self.run.author if watch_tokens.is_of_others(self.view) else ""

    @property
    def settings(self) -> list[history.ArgumentRow]:
        """Return the arguments as rows of a table."""
        return history.argument_rows(db_safe(self.run.arguments))

    @property
    def run_facts(self) -> list[facts.Fact]:
        """Return the facts of the run."""
        return facts.of_run(self.run)

    @property
    def file_facts(self) -> list[facts.Fact]:
        """Return the facts of the file; empty where it is none."""
        return facts.of_file(self.shown) if self.shown else []

    @cached_property
    def inputs(self) -> list[InputFile]:
        """Return the files that it was made from; none of an example, whose reader has no right."""
        return input_files(self.run) if self._is_members else []

    @property
    def beside(self) -> Beside | None:
        """Return what can be laid over the result: what is marked, else its first such input."""
        if self.kind not in COMPARED:
            return None
        if self.marked:
            is_of_kind = self.marked.artifact.kind == self.kind and self.marked.src
            other = self.marked
            return Beside(other.src, "Marked", "This one", other.run) if is_of_kind else None
        addresses = (file.address for file in self.inputs if file.kind == self.kind)
        address = next(addresses, None)
        return Beside(address, "Before", "After") if address else None

    @property
    def predecessor(self) -> Predecessor | None:
        """Return the run that it is most naturally compared with."""
        return predecessor_of(self.user, self.run)

    @cached_property
    def more(self) -> MoreLike | None:
        """Return what "More like this" starts and costs; None where it is not offered."""
        if not (self.may_begin and self.run.endpoint.is_runnable and self.run.is_final):
            return None
        more = more_like(self.run)
        return more if more.is_offered else None

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
    marked: renderers.Shown | None = None,
) -> Viewed | None:
    """Return a file of a run for this user, or without a position what it gave instead of files.

    The run is one that the user may read, with its endpoint and artifacts. None without such file.
    """
    files = renderers.shown(run) if run.state == Run.State.SUCCEEDED else []
    shown = None if position is None else file_at(run, position)
    if position is not None and shown is None:
        return None
    view = watch_tokens.view_for(user, run, "page")
    return Viewed(run, shown, len(files), view, user, marked)


def file_at(run: Run, position: int) -> renderers.Shown | None:
    """Return one file of a run that went well; None without such file."""
    files = renderers.shown(run) if run.state == Run.State.SUCCEEDED else []
    return next((file for file in files if file.artifact.position == position), None)
