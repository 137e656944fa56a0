"""The first screen of a new plan: the prompt, the file and the models of an operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.display.operations import Operation
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.boards.display.plan_form import ShownFile, ShownRow
from features.boards.plan import editing, rows
from features.boards.plan.groups import Post
from features.boards.runs.pricing import Pricing
from playground import suggestions
from schemas.carry.meanings import by_meaning
from schemas.estimate.wording import nobody_pays
from schemas.wording.counted_files import NOUNS

VERBS = {"run", "run-fitting", "update"}  # other buttons open the whole plan
_PROMPT, _FILE = f"{rows.CONTROL}.0.prompt", f"{rows.CONTROL}.{rows.ALL}.file"


def first_post(offered: Sequence[Endpoint]) -> Post:
    """Return the post of an operation's page at its first visit, with its best models ticked."""
    ticked = [endpoint for endpoint in offered if suggestions.is_ticked(endpoint)]
    return {"model": [endpoint.endpoint_id for endpoint in ticked[: suggestions.TICKED]]}


def with_samples(operation: Operation, post: Post) -> Post:
    """Return the post with samples in its empty fields, so that the page can name a price."""
    samples: Post = {rows.CONTROL: ["0"]}
    if operation.has_prompt and not "".join(post.get(_PROMPT, [])).strip():
        samples[_PROMPT] = [suggestions.SAMPLE_PROMPT]
    if operation.file and not rows.files_of(post, rows.ALL):
        samples[_FILE] = [suggestions.SAMPLE_FILES[operation.file]]
    return post | samples


def as_plan(post: Post, models: Sequence[Endpoint]) -> Post:
    """Return the post of the whole plan: its prompt belongs to all of its rows."""
    prompt = by_meaning(version_of(models[0]).root.children).get("prompt")
    text = "".join(post.get(_PROMPT, []))
    arguments = {prompt.name: text} if prompt and text else {}
    return editing.first_post(models, arguments) | {_FILE: post.get(_FILE, [])}


def context(
    operation: Operation,
    post: Post,
    offered: Sequence[Endpoint],
    models: Sequence[Endpoint],
    pricing: Pricing | None,
) -> dict[str, Any]:
    """Return the context of an operation's page."""
    ticked = {model.pk for model in models}
    files = [(address, rows.guessed(address)) for address in rows.files_of(post, rows.ALL)]
    return {
        "operation": operation,
        "models": models,
        "more_models": [endpoint for endpoint in offered if endpoint.pk not in ticked],
        "typed": "".join(post.get(_PROMPT, [])),
        "file_row": ShownRow(
            rows.ALL, files=[ShownFile(address, file.name, file.kind) for address, file in files]
        ),
        "files": NOUNS[operation.file].capitalize() if operation.file else "",
        "wants": operation.file,
        "accept": f"{operation.file}/*",
        "blank_file": ShownFile("", "", operation.file),
        "pricing": pricing,
        "is_priced": nobody_pays() or (pricing is not None and pricing.is_known),
    }
