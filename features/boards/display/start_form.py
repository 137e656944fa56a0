"""The first screen of a new board: what to make, from which files, for how much.

The house chooses the models. Its controls are `asked`, the sentence, and a plan's `row.all.file`
and `cap`; the prompt of the models is the sentence without its price and licence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from catalog.curation import query_news
from catalog.filters.natural_language import without_terms
from catalog.filters.operations import Operation
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.forms import NUL
from features.boards.display.plan_form import ShownFile, ShownRow
from features.boards.plan import editing, rows
from features.boards.plan.groups import Post
from features.boards.plan.plan import ASKED, last_text
from features.boards.runs.choosing import Choice, total
from playground import suggestions
from playground.suggestions import Wanted
from projects.current import PARAMETER
from projects.models import Project
from schemas.carry.meanings import by_meaning
from schemas.estimate.wording import nobody_pays
from schemas.wording.counted_files import NOUNS

AMOUNT = "1.00"
MAX_FILES = 3
_PROMPT, _FILE = f"{rows.CONTROL}.0.prompt", f"{rows.CONTROL}.{rows.ALL}.file"


def first_post(query: QueryDict) -> Post:
    """Return the post of the page at its first visit; `q` is a sentence from another page."""
    return {ASKED: [query.get("q", "").replace(NUL, "")], "cap": [AMOUNT]}


@dataclass(frozen=True)
class Question:
    """What is asked with an operation's page: its controls as they were posted."""

    operation: Operation
    post: Post

    @property
    def sentence(self) -> str:
        """Return what was typed."""
        return last_text(self.post, ASKED).strip()

    @property
    def prompt(self) -> str:
        """Return the prompt for the models. That of an operation is what was typed."""
        if self.operation.category:
            return self.sentence
        return without_terms(self.sentence) or self.sentence

    @property
    def files(self) -> tuple[str, ...]:
        """Return the addresses and names of its files."""
        return rows.files_of(self.post, rows.ALL)

    @property
    def wanted(self) -> Wanted:
        """Return what it asks of the models."""
        kinds = [rows.guessed(address).kind for address in self.files]
        return suggestions.wanted(self.operation, self.sentence, kinds)

    @property
    def needs(self) -> str:
        """Return the kind of file that is missing: image, video or audio; empty if none is."""
        kind = self.wanted.operation.file if self.operation.category or self.sentence else ""
        kinds = {rows.guessed(address).kind for address in self.files}
        return "" if kind in kinds else kind

    def address_in(self, project: Project) -> str:
        """Return the page's address in a project with the sentence, so that a reload keeps it."""
        operation = {"operation": self.operation.slug} if self.operation.category else {}
        pairs = operation | {"q": self.sentence, PARAMETER: project.key}
        return f"{reverse('boards:plan')}?{urlencode(pairs)}"

    def plan(self, models: Sequence[Endpoint]) -> Post:
        """Return the post of a plan that puts it to these models."""
        return {
            "model": [endpoint.endpoint_id for endpoint in models],
            "title": [" ".join(self.sentence.split())],
            "cap": self.post.get("cap", []),
            ASKED: [self.sentence],
            rows.CONTROL: ["0"],
            _PROMPT: [self.prompt],
            _FILE: [*self.files],
        }

    def sample(self, models: Sequence[Endpoint]) -> Post:
        """Return the plan with samples in its empty fields, so that the page can name a price."""
        samples: Post = {}
        wanted = self.wanted
        if wanted.operation.has_prompt and not self.sentence:
            samples[_PROMPT] = [suggestions.SAMPLE_PROMPT]
        if not self.files:
            samples[_FILE] = suggestions.sample_files(wanted.operation, wanted.files)
        return self.plan(models) | samples

    def whole_plan(self, models: Sequence[Endpoint]) -> Post:
        """Return the post of the planner's form: its prompt belongs to all of its rows."""
        plan = self.plan(models)
        prompt = by_meaning(version_of(models[0]).root.children).get("prompt")
        arguments = {prompt.name: self.prompt} if prompt and self.prompt else {}
        shared_parts = {name: plan[name] for name in ("title", "cap", _FILE)}
        return editing.first_post(models, arguments) | shared_parts

    def context(self, choice: Choice) -> dict[str, Any]:
        """Return the context of its page with the chosen models."""
        files = [(address, rows.guessed(address)) for address in self.files]
        wanted, offers = choice.wanted, choice.used
        kind = self.needs or wanted.operation.file or self.operation.file
        return {
            "operation": self.operation,
            "done": wanted.operation,
            "needs": self.needs,
            "choice": choice,
            "sentence": last_text(self.post, ASKED),
            "amount": last_text(self.post, "cap"),
            "is_paid": not nobody_pays(),
            "offers": offers,
            "most": total(offers),
            "query": wanted.query,
            "query_words": query_news.in_words(wanted.query),
            "file_row": ShownRow(
                rows.ALL,
                files=[ShownFile(address, file.name, file.kind) for address, file in files],
            ),
            "files": NOUNS[kind].capitalize() if kind else "",
            "wants": kind,
            "accept": f"{kind}/*",
            "blank_file": ShownFile("", "", kind),
        }
