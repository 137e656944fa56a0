"""The beginning of a result as lists show it, stored when the run ends.

A transcript of an hour is a megabyte of JSON, and parsing it for each tile would take a page's time
and memory many times over. So lists never load an output.
"""

from __future__ import annotations

import json
import logging
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import DatabaseError
from django.db.models.functions import Substr

from fal.db_safe import db_safe_text
from runs.models import ResultExcerpt, Run
from runs.results import json_tree, previews
from runs.results.outputs import artifacts_in
from schemas.artifacts import TEXT_KEYS, Artifact

TEXT_CHARS = 400
JSON_CHARS = 300
READ_CHARS = 50_000  # of an output of an earlier version
# The texts in the beginning of a JSON document, each with its key.
_TEXTS = re.compile(r'(?:\A|"(\w{1,40})"\s*+:)\s*+"((?:[^"\\]|\\u[0-9a-fA-F]{4}|\\[^u])*+)')
log = logging.getLogger(__name__)


class Excerpt(NamedTuple):
    """The first text of an output; without texts and files, the beginning of its JSON."""

    first_text: str = ""
    json_excerpt: str = ""


def excerpt_of(output: Any, results: Iterable[Artifact]) -> Excerpt:
    """Return the excerpt of an output in which these files and texts were found."""
    results = list(results)
    if texts := previews.of_texts(previews.texts(results)[:1]):
        return Excerpt(texts[0].text[:TEXT_CHARS])
    is_shown = output and not results
    return Excerpt("", db_safe_text(json_tree.preview(output, JSON_CHARS)) if is_shown else "")


def excerpts_of(runs: Iterable[Run]) -> dict[uuid.UUID, Excerpt]:
    """Return the excerpts of the results without files; their artifacts should be prefetched.

    One query. Those of an earlier version are read from the beginning of their outputs, and stored.
    """
    is_done = Run.State.SUCCEEDED
    keys = [run.pk for run in runs if run.state == is_done and not run.artifacts.all()]
    if not keys:
        return {}
    rows = ResultExcerpt.objects.filter(pk__in=keys).values_list("pk", *Excerpt._fields)
    stored = {pk: Excerpt(*values) for pk, *values in rows}
    if missing := set(keys) - stored.keys():
        beginning = Substr("output", 1, READ_CHARS + 1)
        outputs = Run.objects.filter(pk__in=missing).order_by().values_list("pk", beginning)
        read = {pk: excerpt_of_text(text or "null") for pk, text in outputs}
        try:
            store(read)
        except DatabaseError as error:  # the disk is full, perhaps: the list is shown all the same
            log.warning("the excerpts of %d runs were not stored: %s", len(read), error)
        stored |= read
    return stored


def texts_of(runs: Iterable[Run]) -> dict[uuid.UUID, str]:
    """Return the first texts of the results without files."""
    return {pk: excerpt.first_text for pk, excerpt in excerpts_of(runs).items()}


def store(excerpts: Mapping[uuid.UUID, Excerpt]) -> None:
    """Store excerpts, in one order: two pages may show the same runs."""
    rows = [ResultExcerpt(run_id=pk, **excerpts[pk]._asdict()) for pk in sorted(excerpts)]
    ResultExcerpt.objects.bulk_create(rows, ignore_conflicts=True)


def excerpt_of_text(text: str) -> Excerpt:
    """Return the excerpt of an output's JSON text, which may be cut."""
    if len(text) <= READ_CHARS:
        output = json.loads(text)
        return excerpt_of(output, artifacts_in(output))
    for match in _TEXTS.finditer(text):
        if match[1] is None or match[1].lower() in TEXT_KEYS:
            first_text = db_safe_text(str(json.loads(f'"{match[2]}"')))
            if first_text.strip():
                return Excerpt(first_text[:TEXT_CHARS])
    return Excerpt("", f"{text[:JSON_CHARS]}…\n{json_tree.MORE}")
