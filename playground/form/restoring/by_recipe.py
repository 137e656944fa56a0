"""Restores settings from a recipe: a JSON file, a text in a picture, or a file in a ZIP."""

from __future__ import annotations

from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlencode
from zipfile import is_zipfile

from django.urls import reverse

from catalog.models import Endpoint
from core.http.parameters import parse_uuid
from playground.form import share_links
from playground.form.restoring import by_content, recipes
from playground.form.restoring.by_content import Act, NotFound, Outcome, address_of
from playground.form.restoring.recipes import Recipe
from runs.files.metadata.blocks import blocks
from runs.files.metadata.texts import find_text
from runs.models import Run
from schemas.exact import NotJson, loads

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_CHOICES = 24  # recipes of one file to choose from
NO_RECIPE = "This file is neither a recipe nor a file of a run here."
FORMAT = "vitrine-run"


def by_recipe(user: User, file: IO[bytes], size_bytes: int) -> Outcome | None:
    """Return what the recipe in an open file restores; None if it has none.

    Raises ValueError with a message for a broken recipe, or one that nothing here can use.
    """
    file.seek(0)
    head = file.read(1024).lstrip()
    if head.startswith(b"PK") or (is_zipfile(file) and not any(blocks(file))):
        return _of_recipes(user, recipes.in_archive(file))
    if head.startswith(b"{"):
        if size_bytes > recipes.MOST_BYTES:
            raise ValueError(f"A recipe is at most {recipes.MOST_BYTES >> 20} MB; this is larger.")
        file.seek(0)
        return _of_recipes(user, _in_json(file.read()))
    text = find_text(file, recipes.KEYWORD)
    return None if text is None else _of_recipes(user, _in_json(text.encode()))


def _in_json(content: bytes) -> list[Recipe]:
    try:
        document = loads(content.decode())
    except (NotJson, UnicodeDecodeError) as error:
        raise ValueError(NO_RECIPE) from error
    if not isinstance(document, dict):
        raise ValueError(NO_RECIPE)
    of_run = parse(document)
    recipe_list = [of_run] if of_run else recipes.parse(document)
    if recipe_list is None:
        raise ValueError(NO_RECIPE)
    return recipe_list


def _of_recipes(user: User, recipe_list: list[Recipe]) -> Outcome:
    """Return the form that the recipes fill, or the page on which one of several is chosen."""
    several = [*recipes.distinct(recipe_list)]
    if len(several) == 1:
        return _of_recipe(user, several[0])
    choices: dict[str, None] = {}
    for recipe in several:
        if len(choices) < MOST_CHOICES:
            with suppress(ValueError):  # its model is not here; the page says how many are
                choices[_of_recipe(user, recipe).fill] = None
    if not choices:
        raise ValueError(f"None of the {len(several)} recipes is for a model in this catalogue.")
    notice = f"This file has {len(several)} recipes."
    if len(choices) < len(several):
        notice = f"{notice} {len(choices)} of them can be opened here."
    query = urlencode([("fill", fill) for fill in choices])
    return Outcome(notice, [Act("Choose one", f"{reverse('playground:restorations')}?{query}")])


def _of_recipe(user: User, recipe: Recipe) -> Outcome:
    """Return the form that a recipe fills, from its run if that is here, else its arguments."""
    with suppress(NotFound):
        restored = by_content.by_digest(user, recipe.digest)
        if restored.fill:
            return restored
    with suppress(NotFound):
        if pk := parse_uuid(recipe.run):
            return by_content.by_address(user, f"/runs/{pk}/")
    endpoint = Endpoint.objects.filter(endpoint_id=recipe.model).first()
    if endpoint is None:
        raise ValueError(f"This recipe is for {recipe.model}, which is not in the catalogue.")
    row = share_links.share(user, endpoint, recipe.arguments)
    fill = f"recipe:{row.pk}"
    act = Act("Use its settings", address_of(endpoint, fill))
    return Outcome(f"This file has a recipe for {endpoint.name}.", [act], endpoint, fill)


# The file of a run (`run.json`): what is needed to run it elsewhere, and its outcome.


def run_file(run: Run) -> dict[str, Any]:
    """Return a run as JSON; it names no person, key or host."""
    moments = ("created_at", "sent_at", "queued_at", "started_at", "ended_at", "result_at")
    facts = ("transport", "attempts", "positions", "events", "logs", "metrics")
    return {
        "format": FORMAT,
        "id": str(run.pk),
        "endpoint_id": run.endpoint.endpoint_id,
        "arguments": recipes.portable(run.arguments),
        "sent_arguments": run.sent_arguments,
        "state": run.state,
        "output": run.output,
        "output_text": run.output_text,
        "error": run.error,
        "request_id": run.request_id,
        "schema_digest": run.schema_id,
        "billable_units": run.billable_units,
        **{name: getattr(run, name) for name in facts},
        **{name: when.isoformat() if (when := getattr(run, name)) else None for name in moments},
    }


def parse(document: dict[str, Any]) -> Recipe | None:
    """Return the recipe of a run file; None for another document, ValueError if it is broken."""
    if document.get("format") != FORMAT:
        return None
    recipe_values = {"model": document.get("endpoint_id"), "arguments": document.get("arguments")}
    return recipes.parsed(recipe_values | {"run": document.get("id")})
