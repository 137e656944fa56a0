"""Imports an exported board: its plan becomes a new board without runs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from catalog.models import Endpoint
from core.formatting import counted
from fal.db_safe import db_safe_text
from features.boards.display.ballot import input_addresses
from features.boards.export.document import FORMAT, VERSION
from features.boards.models import Board
from features.boards.plan.editing import PLAIN, endpoints_of
from features.boards.plan.groups import SHARED, Post, of_group, own_name
from features.boards.plan.plan import MAX_MODELS, TITLE_CHARS
from projects.models import Project
from projects.models.project import private_project
from schemas.exact import loads

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_BYTES = 8 << 20
MAX_CONTROLS = 20_000
MAX_TEXT_CHARS = 4 << 20


@dataclass(frozen=True)
class ImportResult:
    """The new board, and which parts of the document could not be imported."""

    board: Board
    unknown: list[str] = field(default_factory=list)
    file_count: int = 0

    @property
    def summary(self) -> str:
        """Return the outcome in a few sentences."""
        sentences = [
            "The board is imported as a plan. Nothing has run yet: look at it, then press Run."
        ]
        if self.unknown:
            sentences.append(f"Not in this catalogue, so left out: {', '.join(self.unknown[:8])}.")
        if self.file_count:
            files = "One file" if self.file_count == 1 else counted(self.file_count, "file")
            sentences.append(
                f"{files} of its inputs may belong to another server: choose them again."
            )
        return " ".join(sentences)


def import_board(user: User, content: bytes, project: Project | None = None) -> ImportResult:
    """Create a board in the project, or the user's private one, from an exported document.

    Raises ValueError with a message.
    """
    document = _parsed(content)
    post = _post(document.get("plan"))
    models, unknown = endpoints_of(post.get("model", [])[:MAX_MODELS])
    if not models:
        raise ValueError("None of the models of this board is in this catalogue.")
    board = Board.objects.create(
        user=user,
        form_token=secrets.token_urlsafe(16),
        title=db_safe_text(str(document.get("title") or ""))[:TITLE_CHARS],
        source=_source(document, models),
        source_schema_id=_source(document, models).schema_id,
        plan=_without(post, unknown),
        **(project or private_project(user)).for_new_work(),
    )
    files = sum(len(input_addresses(row.get("values"))) for row in _dicts(document.get("rows")))
    return ImportResult(board, [*dict.fromkeys(unknown)], files)


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_BYTES:
        raise ValueError(f"This file is larger than {MAX_BYTES >> 20} MB.")
    try:
        document = loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise ValueError("This is not a JSON document. Choose a board's exported JSON.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(
            "This JSON file is not a board. Choose a file that a board exported as JSON."
        )
    version = document.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ValueError("A newer Vitrine exported this board: update this Vitrine first.")
    if version != VERSION:
        raise ValueError("This file does not say a version that Vitrine reads: export it again.")
    return document


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _post(plan: Any) -> Post:
    """Return the plan's form, limited to text values."""
    if not isinstance(plan, dict) or len(plan) > MAX_CONTROLS:
        raise ValueError("This board has no plan that can be imported.")
    post: Post = {}
    for name, texts in plan.items():
        is_list = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
        if not is_list or sum(map(len, texts)) > MAX_TEXT_CHARS:
            raise ValueError(f"The plan's “{name[:60]}” is not a list of texts.")
        post[db_safe_text(name)] = [db_safe_text(text) for text in texts]
    return post


def _source(document: dict[str, Any], models: list[Endpoint]) -> Endpoint:
    """Return the model whose schema the inputs follow: the document's, if it exists here."""
    endpoints, _ = endpoints_of([str(document.get("source"))[:255]])
    return endpoints[0] if endpoints else models[0]


def _without(post: Post, unknown: list[str]) -> Post:
    """Return the post without unknown models; the field groups of later models are renumbered."""
    remaining_post: Post = {name: post[name] for name in PLAIN if name in post}
    remaining_post |= of_group(post, SHARED) | {"model": []}
    for number, name in enumerate(post.get("model", [])[:MAX_MODELS]):
        if name.strip() in unknown:
            continue
        old, new = own_name(number), own_name(len(remaining_post["model"]))
        moved = of_group(post, old)
        remaining_post |= {new + key.removeprefix(old): texts for key, texts in moved.items()}
        remaining_post["model"].append(name)
    return remaining_post
