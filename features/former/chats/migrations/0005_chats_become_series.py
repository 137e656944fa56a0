"""Each chat becomes a series of its answers, in order, so that retention keeps them as before.

A series has the key of its chat, its title, user, project and times. A deleted chat becomes a
deleted series. Chats without an answer go. Moves that can be undone move the series.
"""

import logging
from collections import defaultdict
from itertools import islice

from django.db import migrations
from django.db.models import F, TextField
from django.db.models.functions import Cast

COLUMNS = ("user", "project", "is_hidden", "title", "deleted_at", "created_at", "said_at")
BATCH = 200  # chats
ITEMS = 1000  # in one statement
MAX_NAME_CHARS = 80

log = logging.getLogger(__name__)


def make_series(apps, schema_editor):
    """Write a series for each chat with an answer, and log how many there were of both."""
    chats = apps.get_model("chats", "Chat").objects.only(*COLUMNS).iterator(BATCH)
    series_count = empty_count = 0
    while batch := list(islice(chats, BATCH)):
        results = _results(apps, batch)
        answered = [chat for chat in batch if chat.pk in results]
        _write(apps, answered, results)
        series_count += len(answered)
        empty_count += len(batch) - len(answered)
    if series_count or empty_count:
        log.info(
            "Turning chats into series: %s; deleting chats without an answer: %s",
            series_count,
            empty_count,
        )


def _results(apps, chats):
    """Return the results of each chat's answers in order, as (run, position), by the chat's key.

    An answer without files has one result, at position 0.
    """
    turns = apps.get_model("chats", "Turn").objects.filter(chat__in=chats, run__isnull=False)
    position = F("run__artifacts__position")
    results = defaultdict(dict)  # without duplicates, in order
    for chat, run, at in turns.order_by("pk", position).values_list("chat_id", "run_id", position):
        results[chat][run, at or 0] = True
    return results


def _write(apps, chats, results):
    series, items = (apps.get_model("library", name) for name in ("Series", "SeriesItem"))
    rows = [
        series(
            pk=chat.pk,
            user_id=chat.user_id,
            project_id=chat.project_id,
            is_hidden=chat.is_hidden,
            name=_name(chat.title),
            deleted_at=chat.deleted_at,
        )
        for chat in chats
    ]
    series.objects.bulk_create(rows)
    for row, chat in zip(rows, chats, strict=True):
        row.created_at, row.changed_at = chat.created_at, chat.said_at or chat.created_at
    series.objects.bulk_update(rows, ["created_at", "changed_at"])  # these set themselves at first
    items.objects.bulk_create(
        (
            items(series_id=chat.pk, run_id=run, position=position, place=place)
            for chat in chats
            for place, (run, position) in enumerate(results[chat.pk])
        ),
        batch_size=ITEMS,
    )


def _name(title):
    if len(title) <= MAX_NAME_CHARS:
        return title or "Untitled"
    return f"{title[: MAX_NAME_CHARS - 1].rstrip()}…"


def count_answers_again(apps, schema_editor):
    """Let the worker count the answers again for the record of their models: a series keeps them."""
    turns = apps.get_model("chats", "Turn").objects.filter(chat__deleted_at=None)
    answers = turns.filter(run__isnull=False).values("run")
    recorded = apps.get_model("playground", "RecordedRun").objects
    recorded.filter(run__in=answers).update(is_due=True)


def move_series_back(apps, schema_editor):
    """Let the undo of a move bring back the series that a moved chat has become."""
    moves = apps.get_model("projects", "Move").objects
    text = Cast("rows", TextField())
    for move in moves.annotate(text=text).filter(text__contains="chats.Chat").iterator():
        move.rows = [
            ["library.Series" if label == "chats.Chat" else label, project, keys]
            for label, project, keys in move.rows
        ]
        move.save(update_fields=["rows"])


class Migration(migrations.Migration):
    dependencies = [
        ("chats", "0001_squashed_0004"),
        ("library", "0011_runs_that_are_used"),
        ("playground", "0059_codec"),
        ("projects", "0008_deputies_take_over"),
    ]
    operations = [
        migrations.RunPython(make_series, migrations.RunPython.noop),
        migrations.RunPython(count_answers_again, migrations.RunPython.noop),
        migrations.RunPython(move_series_back, migrations.RunPython.noop),
    ]
