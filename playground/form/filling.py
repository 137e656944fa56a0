"""Between an endpoint's row and its form: what the form holds, what a post of it means."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from catalog.models import Endpoint, Schema
from playground import words
from playground.form import forms, json_view
from playground.form.summaries import is_content
from playground.models import Run
from playground.transports import choices
from schemas import Problem, build, contract
from schemas import draw as draw_nodes
from schemas.controls import segment
from schemas.exact import dumps, identical, loads
from schemas.examples import example
from schemas.fields import find
from schemas.mending import Version
from schemas.openapi import as_dict, read_document
from schemas.reading import Path, locate, parse
from schemas.snippets import snippets
from schemas.tables import input_rows, output_rows
from schemas.validation import validate
from schemas.writing import write

HOUSE = "~house"  # in a form that has a house default: even when it is emptied, somebody did that
# In a form with what no longer fits: the schema's version that it was made for.
MADE_FOR = "~made-for"
TITLE_LENGTH = 200
DIGEST = re.compile("[0-9a-f]{64}")
TITLE_KEYS = ("prompt", "text", "input", "gen_text", "lyrics", "query", "caption")

Post = dict[str, list[str]]


@dataclass(frozen=True)
class Filled:
    """What a form holds: its controls as a browser would post them, what is wrong, what to say."""

    post: Post
    notice: str = ""
    problems: list[Problem] = field(default_factory=list)
    undo: str = ""  # the word on the button that brings back what was there before
    mend: str = ""  # the schema's version that it was made for, where a button can make it fit
    house: str = ""  # the name of the house default that fills it


@lru_cache(maxsize=512)
def _model(digest: str, endpoint_id: str) -> Version:
    document: Any = None
    if digest:
        text = Schema.objects.values_list("document", flat=True).get(pk=digest)
        document = read_document(text)
    found = contract(document, endpoint_id)
    return Version(found, build(found))


def model(endpoint: Endpoint) -> Version:
    """The endpoint's schema, ready for use; without one, the whole input is one JSON box."""
    return _model(endpoint.schema_id or "", endpoint.endpoint_id)


def former(endpoint: Endpoint, digest: str) -> Version | None:
    """An older version of the endpoint's schema; None where that is not known (any more)."""
    if not DIGEST.fullmatch(digest):
        return None
    try:
        return _model(digest, endpoint.endpoint_id)
    except Schema.DoesNotExist:
        return None


def draw(endpoint: Endpoint, post: Post, problems: list[Problem]) -> SafeString:
    """The form's controls as HTML."""
    if json_view.is_json(post):
        problems = [json_view.with_path(problem) for problem in problems]
    node = draw_nodes(model(endpoint).root, post=post, problems=problems)
    return forms.render_form(node, reverse("playground:uploads"))


def read(endpoint: Endpoint, post: Post) -> tuple[dict[str, Any], list[Problem]]:
    """The arguments that a post stands for, and what is wrong with them."""
    found = model(endpoint)
    if json_view.is_json(post) and (mistake := json_view.mistake(post)):
        return {}, [mistake]
    parsed = parse(found.root, post)
    unread = [one.path for one in parsed.problems]
    refused = [
        one
        for one in validate(found.contract, parsed.arguments, found.root)
        if not any(_is_within(one.path, path) or _is_within(path, one.path) for path in unread)
    ]
    return parsed.arguments, [*parsed.problems, *refused]


def _is_within(path: Path, around: Path) -> bool:
    """Whether a path lies at or below another."""
    return path[: len(around)] == around


def readable(
    endpoint: Endpoint, post: Post, version: Version | None = None
) -> tuple[dict[str, Any], list[Problem]]:
    """As `read`, without the schema's say: what can be read is taken as it is.

    `version` is the schema that the form was drawn by, where that is not the endpoint's present one.
    """
    if json_view.is_json(post) and (mistake := json_view.mistake(post)):
        return {}, [mistake]
    parsed = parse((version or model(endpoint)).root, post)
    return parsed.arguments, parsed.problems


def is_untouched(endpoint: Endpoint, post: Post) -> bool:
    """Whether a post says no more than the form does before anybody touches it."""
    arguments, problems = readable(endpoint, post)
    if not choices.is_default(post) or HOUSE in post:
        return False
    return not problems and identical(arguments, parse(model(endpoint).root, {}).arguments)


def from_arguments(endpoint: Endpoint, arguments: Any) -> Filled:
    """A form filled in with arguments; what they hold beyond the schema is kept as extras."""
    if not isinstance(arguments, dict):
        return Filled({}, "That input is not a JSON object, so it could not be filled in.")
    return Filled(write(model(endpoint).root, arguments))


def from_text(endpoint: Endpoint, text: str) -> Filled:
    """A form filled in from the address's `?input=<JSON>`; a text that is none stays in the JSON view."""
    as_json = {"~mode": ["json"], "~json": [text]}
    if mistake := json_view.mistake(as_json):
        notice = "The input in this address cannot be read. Here it is, to be put right."
        return Filled(as_json, notice, [mistake])
    return from_arguments(endpoint, loads(text) if text.strip() else {})


def from_run(endpoint: Endpoint, run: Run) -> Filled:
    """A form filled in as it was for a run; what the model objected to stands beside its fields (C31)."""
    filled = from_arguments(endpoint, run.arguments)
    if run.state != Run.State.FAILED:
        return filled
    is_about_it = as_dict(run.error).get("status") == HTTPStatus.UNPROCESSABLE_ENTITY
    told = [Problem(one.path, one.message) for one in words.problems(run.error)]
    return replace(filled, problems=[one for one in told if one.path or is_about_it])


@dataclass(frozen=True)
class Complaint:
    """One thing that upstream said of a run's input, and the id of the control that it is about."""

    message: str
    place: str
    target: str


def complaints(run: Run) -> list[Complaint]:
    """What upstream objected to, each with its field where it names one (fal-protocol.md, 11.4)."""
    names = {}
    if isinstance(run.arguments, dict):
        root = model(run.endpoint).root
        names = parse(root, write(root, run.arguments)).names
    found = []
    for one in words.problems(run.error):
        name, rest = locate(names, one.path)
        place = " · ".join(str(part) for part in one.path)
        found.append(Complaint(one.message, place, f"f-{name}" if name and not rest else ""))
    return found


def without_settings(endpoint: Endpoint, post: Post) -> Post:
    """What a form is about (prompt, media) without what was set; the settings go to their defaults."""
    root = model(endpoint).root
    kept = {segment(child.name) for child in root.children if is_content(child)}
    return {
        name: texts
        for name, texts in post.items()
        if name.partition(".")[0].partition("~")[0] in kept
    }


def turned(endpoint: Endpoint, post: Post, action: str) -> Filled:
    """The same input as JSON, or back as a form; what cannot be read stays as it was, with the reason."""
    if json_view.is_json(post) == (action == "to-json"):
        return Filled(post)
    arguments, problems = readable(endpoint, post)
    if problems:
        return Filled(post, problems=problems)
    said = {name: post[name] for name in (HOUSE, MADE_FOR) if name in post}  # of either view
    if action == "to-json":
        return Filled({**said, "~mode": ["json"], "~json": [dumps(arguments)]})
    return Filled({**said, **from_arguments(endpoint, arguments).post})


def example_link(endpoint: Endpoint) -> str:
    """The page with the model's own example filled in; empty when it has none."""
    has_one = example(model(endpoint).root)
    return f"{endpoint.get_absolute_url()}?example=own" if has_one else ""


def code(endpoint: Endpoint, post: Post) -> dict[str, Any]:
    """What the API tab shows: code for the input in the form, or for the model's example."""
    found = model(endpoint)
    arguments = parse(found.root, post).arguments or example(found.root)
    return {"snippets": snippets(endpoint.endpoint_id, arguments, settings.FAL_QUEUE_URL)}


def tables(endpoint: Endpoint) -> dict[str, Any]:
    """What the Schema tab shows."""
    found = model(endpoint)
    document = dumps(found.contract.document)
    return {
        "inputs": input_rows(found.root),
        "outputs": output_rows(found.contract),
        "document": document if endpoint.schema_id else "",
    }


def made_for(post: Post) -> str:
    """The older version of the schema that what a form holds was made for; empty where all of it fits."""
    return (post.get(MADE_FOR) or [""])[-1][:64]


def flagged(filled: Filled, words: str, digest: str, *, is_mendable: bool) -> Filled:
    """A form with what does not fit said, which its draft remembers until that is mended."""
    post = filled.post | {MADE_FOR: [digest]}
    return replace(filled, post=post, notice=words, mend=digest if is_mendable else "")


def title(arguments: dict[str, Any]) -> str:
    """What a run is called: the first line of its prompt or other text."""
    texts = [arguments.get(key) for key in TITLE_KEYS]
    for text in texts:
        if isinstance(text, str) and text.strip():
            line = text.strip().splitlines()[0].replace("\x00", "")
            return line.encode("utf-8", "replace").decode()[:TITLE_LENGTH]
    return ""


def once(token: str, arguments: dict[str, Any]) -> str:
    """What two presses of the same button share: the drawn form and what was in it."""
    text = f"{token}\n{json.dumps(arguments, sort_keys=True)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def kind_of(endpoint: Endpoint, control: str) -> str:
    """The kind of file that a control of the form is for (image, video, audio, file); empty when unknown."""
    field = find(model(endpoint).root, problem_of(control, "").path)
    return field.media or (field.item.media if field.item else "")


def problem_of(control: str, message: str) -> Problem:
    """A problem with a posted file, at the field that it was for."""
    name = control.partition("~")[0]
    path = tuple(int(part) if part.isdecimal() else part for part in name.split("."))
    return Problem(path, message)
