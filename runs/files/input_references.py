"""Finds the uploads and results that JSON names: the arguments of runs, and other rows."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast

from runs.models import InputFile
from runs.promises.keeping import Keeps
from runs.promises.registry import registered
from runs.records import counting

AT_ONCE = 100  # runs read in one transaction, which takes well below 50 ms
UPLOAD = re.compile(r"/uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")
OUR_FILE = re.compile(
    r"/(?:uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/"
    r"|runs/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/artifacts/)"
)


def sources_in(text: str) -> set[uuid.UUID]:
    """Return the uploads, and the runs with results, that a JSON text names."""
    return {uuid.UUID(upload or run) for upload, run in OUR_FILE.findall(text)}


def names_results(arguments: Any) -> bool:
    """Whether arguments name a result of another run."""
    return any(run for _, run in OUR_FILE.findall(json.dumps(arguments)))


def read_unread() -> bool:
    """Record the files of runs with unread arguments; return whether more may be left."""
    unread = InputFile.objects.filter(source=None).annotate(
        text=Cast("run__arguments", TextField())
    )
    rows = list(unread.order_by("pk").values_list("pk", "run_id", "text")[:AT_ONCE])
    if rows:
        _note([(pk, run, sources_in(text)) for pk, run, text in rows])
    return len(rows) == AT_ONCE


def _note(rows: Sequence[tuple[int, uuid.UUID, set[uuid.UUID]]]) -> None:
    """Replace the marker of each run by the files that it names."""
    files = [InputFile(run_id=run, source=source) for _, run, sources in rows for source in sources]
    with transaction.atomic():
        InputFile.objects.bulk_create(files, ignore_conflicts=True)
        InputFile.objects.filter(pk__in=[pk for pk, *_ in rows]).delete()
        counting.touch({file.source for file in files if file.source})


def used(sources: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of these uploads and runs that another row names."""
    inputs = InputFile.objects.filter(source__in=sources).exclude(run=F("source"))
    by_runs = {source for source in inputs.values_list("source", flat=True) if source}
    return named_elsewhere().intersection(sources) | by_runs


def named_elsewhere() -> set[uuid.UUID]:
    """Return every upload, and every run with results, that rows other than runs name.

    There are few of these rows, so all of them are read.
    """
    uploads: set[uuid.UUID] = set()
    for rows, column in (part for owner in registered(Keeps) for part in owner.inputs_in_use()):
        texts = rows.annotate(inputs_text=Cast(column, TextField()))
        naming = texts.filter(
            Q(inputs_text__contains="/uploads/") | Q(inputs_text__contains="/artifacts/")
        )
        for text in naming.order_by().values_list("inputs_text", flat=True):
            uploads |= sources_in(text)
    for owner in registered(Keeps):
        uploads |= set(owner.uploads_in_use())
    return uploads
