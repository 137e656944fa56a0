"""Vitrine's own recipes: how a result was made, for this server and for others (docs/RECIPES.md).

    {"format": "vitrine-recipes", "version": 1, "recipes": {"a-mill.png": {"model": …}}}

A recipe names no person, key or host. Files of this server among the arguments stay as paths, which
mean something here alone.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from core.file_names import split_suffix
from fal.db_safe import db_safe_text
from runs.files import result_names
from runs.files.own_addresses import with_own_paths
from runs.models import Artifact, Run
from schemas.exact import NotJson, dumps, loads

FORMAT, VERSION = "vitrine-recipes", 1
FILE_NAME = "recipes.json"  # in archives
KEYWORD = "vitrine"  # of the text that holds a recipe within a picture
MOST_BYTES = 8 << 20
_UPLOAD = re.compile(r"(/uploads/[0-9a-f-]{36}/)([^/]+)")


@dataclass(frozen=True)
class Recipe:
    """The model and arguments that made a file; its SHA-256 and its run, if they are known."""

    model: str
    arguments: dict[str, Any]
    digest: str = ""
    run: str = ""


def recipe_of(run: Run, artifact: Artifact | None) -> dict[str, Any]:
    """Return the recipe of a run's file, or of a text of the run, as JSON."""
    seed = result_names.seed_of(run)
    return {
        "sha256": artifact.digest if artifact else None,
        "model": run.endpoint.endpoint_id,
        "arguments": portable(run.arguments),
        "seed": int(seed) if seed else None,
        "run": str(run.pk),
    }


def portable(arguments: Any) -> Any:
    """Return arguments with our files as paths, and without the file names that people chose."""
    return _without_names(with_own_paths(arguments))


def _without_names(value: Any) -> Any:
    if isinstance(value, str):
        match = _UPLOAD.fullmatch(value)
        return f"{match[1]}file{split_suffix(match[2])[1]}" if match else value
    if isinstance(value, dict):
        return {key: _without_names(child) for key, child in value.items()}
    return [_without_names(child) for child in value] if isinstance(value, list) else value


def as_text(recipes: dict[str, dict[str, Any]]) -> str:
    """Return recipes by the names of their files as a line of JSON."""
    return dumps({"format": FORMAT, "version": VERSION, "recipes": recipes}, indent=None)


def parse(document: dict[str, Any]) -> list[Recipe] | None:
    """Return the recipes of a document; None for another document, ValueError if it is broken."""
    if document.get("format") != FORMAT:
        return None
    version, recipes = document.get("version"), document.get("recipes")
    if isinstance(version, int) and version > VERSION:
        raise ValueError("This recipe was written by a newer Vitrine, which this one cannot read.")
    if version != VERSION or not isinstance(recipes, dict):
        raise ValueError("This file of recipes is damaged.")
    if not recipes:
        raise ValueError("This file of recipes is empty: the ZIP that it came with had no files.")
    return [parsed(recipe) for recipe in recipes.values()]


def parsed(recipe: Any) -> Recipe:
    """Return one recipe; raises ValueError if it names no model or no arguments."""
    recipe = recipe if isinstance(recipe, dict) else {}
    model, arguments = recipe.get("model"), recipe.get("arguments")
    if not isinstance(model, str) or not model.isascii() or not isinstance(arguments, dict):
        raise ValueError("A recipe in this file names no model or no arguments.")
    digest, run = (recipe.get(name) for name in ("sha256", "run"))
    return Recipe(
        db_safe_text(model)[:255],
        arguments,
        digest if isinstance(digest, str) else "",
        run if isinstance(run, str) else "",
    )


def in_archive(file: IO[bytes]) -> list[Recipe]:
    """Return the recipes of a ZIP, or of its last part, which contains them.

    Raises ValueError if it has none, or if they are broken or too large.
    """
    try:
        with zipfile.ZipFile(file) as archive, archive.open(FILE_NAME) as packed:
            content = packed.read(MOST_BYTES + 1)
    except KeyError as error:
        raise ValueError("This ZIP contains no recipes of Vitrine.") from error
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise ValueError("This ZIP cannot be opened: it is damaged or incomplete.") from error
    if len(content) > MOST_BYTES:
        raise ValueError(f"The recipes in this ZIP are larger than {MOST_BYTES >> 20} MB.")
    try:
        document = loads(content.decode())
    except (NotJson, UnicodeDecodeError) as error:
        raise ValueError("The recipes in this ZIP are damaged.") from error
    recipes = parse(document) if isinstance(document, dict) else None
    if recipes is None:
        raise ValueError("The recipes in this ZIP were not written by Vitrine.")
    return recipes


def distinct(recipes: list[Recipe]) -> Iterator[Recipe]:
    """Yield recipes that differ in their model or arguments, each once, in their order."""
    seen = set()
    for recipe in recipes:
        key = (recipe.model, dumps(recipe.arguments, indent=None))
        if key not in seen:
            seen.add(key)
            yield recipe
