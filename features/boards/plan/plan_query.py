"""Reads which models, collection and input an address requests for a new plan."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import QueryDict

from catalog.models import Collection, CollectionItem, Endpoint
from catalog.search import engine
from catalog.search.query import Query
from core.http.parameters import parse_key, parse_uuid
from fal.db_safe import db_safe_text
from features.boards.plan.editing import endpoints_of
from features.boards.plan.from_results import INPUTS, plan_results
from features.boards.plan.groups import Post
from features.boards.plan.plan import Trouble
from playground.form import form_state, share_links
from runs.models import Preset, Run, Share
from schemas.exact import loads

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_FOUND = 8
MAX_OF_COLLECTION = 12  # more are rarely meant to run at once; others can be added
MAX_INPUT_CHARS = 4000  # in an address; a longer input gets a short id


@dataclass
class NewPlan:
    """A new plan's models, the first model's arguments, and the problems of its address."""

    models: list[Endpoint]
    arguments: dict[str, Any] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)
    found: list[Endpoint] = field(default_factory=list)
    post: Post = field(default_factory=dict)  # controls besides the models' fields


def open_plan(user: User, params: QueryDict) -> NewPlan:
    """Parse the query of `/compare/new/`.

    It has `model` (repeated), `collection`, `find` or `add` (the text typed so far), and
    `input`, `run`, `preset` or `saved`; or `result` (repeated), where `of` chooses the results'
    inputs or pictures, which `model` runs, too. `cap` is what the board may spend.
    """
    models, unknown = endpoints_of(params.getlist("model"))
    if results := params.getlist("result"):
        planned = plan_results(user, results, params.get("of", INPUTS))
        both = list(dict.fromkeys([*planned.models, *models]))
        post = planned.post | ({"cap": [cap]} if (cap := _text(params, "cap")) else {})
        return NewPlan(both, planned.arguments, planned.troubles, post=post)
    new_plan = NewPlan(models, troubles=[not_listed(name) for name in unknown])
    if slug := _text(params, "collection"):
        models += _of_collection(user, slug[:255])
    if query := (_text(params, "find") or _text(params, "add"))[:255]:
        new_plan.found = find(query)
    if not models:
        return new_plan
    for kind, read_source in _SOURCES.items():
        if text := _text(params, kind):
            try:
                new_plan.arguments = read_source(user, text)
            except ValueError as error:
                new_plan.troubles.append(Trouble("shared", str(error)))
    return new_plan


def _text(params: QueryDict, name: str) -> str:
    """Return a parameter without characters that the database cannot store."""
    return db_safe_text(params.get(name, "")).strip()


def not_listed(name: str) -> Trouble:
    """Return the trouble for an id that is not in the catalogue."""
    return Trouble("models", f"“{name[:100]}” is not in the catalogue.")


def find(text: str) -> list[Endpoint]:
    """Return the first models that a search finds."""
    return engine.top_results(Query().saying(text), MAX_FOUND)


def address_of(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> str:
    """Return the query of a new plan with this model and input; a long input gets a short id."""
    text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    pairs = {"model": endpoint.endpoint_id}
    if len(text) > MAX_INPUT_CHARS:
        pairs["saved"] = str(share_links.share(user, endpoint, arguments).pk)
    elif arguments:
        pairs["input"] = text
    return urlencode(pairs, errors="surrogatepass")


def _of_collection(user: User, slug: str) -> list[Endpoint]:
    visible = Collection.objects.all() if user.is_staff else Collection.objects.published()
    items = CollectionItem.objects.filter(collection__in=visible.filter(slug=slug))
    return [item.endpoint for item in items.select_related("endpoint")[:MAX_OF_COLLECTION]]


def _input(user: User, text: str) -> dict[str, Any]:
    try:
        arguments = loads(text)
    except ValueError as error:
        message = f"The input in this address is not valid JSON: {error}."
        raise ValueError(message) from error
    return _object(arguments, "The input in this address")


def _run(user: User, text: str) -> dict[str, Any]:
    pk = parse_uuid(text)
    run = Run.objects.readable_by(user).filter(pk=pk).first() if pk else None
    return _object(run.arguments if run else None, "The run in this address")


def _preset(user: User, text: str) -> dict[str, Any]:
    presets = Preset.objects.readable_by(user).filter(pk=key) if (key := parse_key(text)) else ()
    return _object(
        next((preset.arguments for preset in presets), None), "The preset in this address"
    )


def _saved(user: User, text: str) -> dict[str, Any]:
    share = Share.objects.filter(pk=text[:16]).first()
    return _object(share.arguments if share else None, "The saved input in this address")


def _object(value: Any, subject: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{subject} was deleted, is not shared with you, or is not a JSON object.")
    return value


_SOURCES = {"input": _input, "run": _run, "preset": _preset, "saved": _saved}


def arguments_of(endpoint: Endpoint, post: dict[str, list[str]]) -> dict[str, Any]:
    """Return the arguments of a posted model form; unparsable values are left out."""
    return form_state.parse_form_leniently(endpoint, post).arguments
