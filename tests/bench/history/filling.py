"""Fills a database with two years of a team's history: runs, their results and their input files.

Rows are written by COPY on PostgreSQL and by `executemany` on SQLite. The same number of runs gives
the same rows, except for the keys. No file is stored, because no benchmark reads one.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.utils import timezone

from catalog.models import Endpoint
from features.library.models import DueEntry, SearchEntry
from features.library.search import indexing
from projects.kept.models import GRACE
from projects.models.project import private_project
from runs.models import Artifact, Preset, Run, Upload

PEOPLE = 40
AGE = timedelta(days=730)
UNFINISHED = 20  # runs that have not ended
DELETED_SHARE, RESTORABLE_SHARE = 0.10, 0.01
INPUT_SHARE = 0.25  # the share of runs that have a file of ours as an input
BATCH_SHARE, STARRED_SHARE, EXAMPLE_SHARE = 0.15, 0.02, 0.01
RARE_WORD = "letterpress"
RARE_EVERY = 50_000  # one run in this number has the rare word
WORDS = "harbour dawn boat fox snow marble light portrait sailor neon rain dew leaf office poster"
PAGE = 5_000


def fill(count: int, team: Sequence[User] = ()) -> None:
    """Write a history of `count` runs, by a new team or by these people."""
    dice = random.Random(count)
    people, endpoints = list(team) or add_people(), list(Endpoint.objects.order_by("pk"))
    history = _History(dice, people, endpoints, count)
    uploads = [history.upload() for _ in range(count // 50)]
    insert(Upload, uploads)
    pages = history.pages(count)
    for runs, artifacts in pages:
        insert(Run, runs)
        insert(Artifact, artifacts)
        indexing.index_all()
    leave_one_due()
    for number in range(min(count // 500, 2_000)):
        Preset.objects.create(
            endpoint=endpoints[number % len(endpoints)],
            user=people[number % len(people)],
            name=f"preset {count}-{number}",
            arguments=history.arguments(0.3),
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def leave_one_due() -> None:
    """Let the newest run wait for its entry in the index, as at any moment of a busy house."""
    newest = Run.objects.kept().latest("created_at")
    SearchEntry.objects.filter(run=newest).delete()
    DueEntry.objects.create(run=newest)


def add_people() -> list[User]:
    """Create the team; the first member is an administrator."""
    first = User(username="person00", is_staff=True, is_superuser=True)
    others = (User(username=f"person{number:02}") for number in range(1, PEOPLE))
    User.objects.bulk_create([first, *others])
    return list(User.objects.filter(username__startswith="person").order_by("username"))


class _History:
    """Draws the rows; people and models are used as unevenly as in a real team."""

    def __init__(
        self, dice: random.Random, people: list[User], endpoints: list[Endpoint], count: int
    ) -> None:
        self.dice = dice
        self.now = timezone.now()
        self.people = [person.pk for person in people]
        self.projects = {person.pk: private_project(person).pk for person in people}
        self.person_weights = [1 / (place + 4) for place in range(len(people))]
        self.endpoints = endpoints
        self.endpoint_weights = [1 / (place + 4) for place in range(len(endpoints))]
        self.every = AGE / count
        self.uploads: list[str] = []
        self.results: list[str] = []

    def upload(self) -> dict[str, Any]:
        digest = f"{self.dice.getrandbits(256):064x}"
        pk, user = uuid.uuid4(), self.dice.choice(self.people)
        self.uploads.append(f"/uploads/{pk}/photo.jpg")
        return {
            "id": pk,
            "user_id": user,
            "project_id": self.projects[user],
            "is_hidden": False,
            "digest": digest,
            "file": f"{digest[:2]}/{digest[2:4]}/{digest}.jpg",
            "file_name": "photo.jpg",
            "content_type": "image/jpeg",
            "size_bytes": self.dice.randint(50_000, 5_000_000),
            "created_at": self.now - AGE,
            "upstream_url": "",
        }

    def pages(self, count: int) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
        """Yield runs with their artifacts, the oldest first."""
        numbers = iter(range(count))
        while listed := list(islice(numbers, PAGE)):
            runs: list[dict[str, Any]] = []
            artifacts: list[dict[str, Any]] = []
            for (user, endpoint, batch), number in zip(self.presses(), listed, strict=False):
                run = self.run(number, count, user, endpoint, batch)
                runs.append(run)
                artifacts += self.artifacts(run)
            yield runs, artifacts

    def presses(self) -> Iterator[tuple[int, Endpoint, uuid.UUID | None]]:
        """Yield person, model and batch of each run; a batch has four runs."""
        while True:
            (user,) = self.dice.choices(self.people, self.person_weights)
            (endpoint,) = self.dice.choices(self.endpoints, self.endpoint_weights)
            is_batch = self.dice.random() < BATCH_SHARE / 4
            batch = uuid.uuid4() if is_batch else None
            yield from [(user, endpoint, batch)] * (4 if is_batch else 1)

    def run(
        self, number: int, count: int, user: int, endpoint: Endpoint, batch: uuid.UUID | None
    ) -> dict[str, Any]:
        dice, pk = self.dice, uuid.uuid4()
        left = count - number - 1
        created = self.now - self.every * left - timedelta(seconds=30)
        took = timedelta(seconds=dice.uniform(1, 40))
        state = dice.choices(["succeeded", "failed", "cancelled"], [93, 5, 2])[0]
        is_unfinished = left < UNFINISHED
        if is_unfinished:
            state = "running"
        arguments = self.arguments(INPUT_SHARE)
        if not number % RARE_EVERY:
            arguments["prompt"] = f"{RARE_WORD} {arguments['prompt']}"
        output = {"images": [{"url": f"https://v3.fal.media/files/{pk}.png"}], "seed": number}
        is_done = state == "succeeded"
        if is_done and len(self.results) < 20_000:
            self.results.append(f"/runs/{pk}/artifacts/0/")
        return {
            "id": pk,
            "user_id": user,
            "project_id": self.projects[user],
            "is_hidden": False,
            "endpoint_id": endpoint.pk,
            "schema_id": endpoint.schema_id,
            "transport": "queue",
            "form_token": pk.hex,
            "arguments": json.dumps(arguments),
            "options": "{}",
            "title": arguments["prompt"][:200],
            "batch": batch,
            "state": state,
            "version": 5,
            "logs": "[]",
            "metrics": json.dumps({"inference_time": took.total_seconds()}),
            "positions": "[]",
            "events": "[]",
            "output": json.dumps(output) if is_done else None,
            "output_text": "",
            "error": self.error() if state == "failed" else None,
            "billable_units": f"{dice.uniform(0.1, 4):.3f}" if is_done else "",
            "request_id": str(uuid.uuid4()),
            "webhook_token": uuid.uuid4().hex,
            "created_at": created,
            "sent_at": created,
            "queued_at": created,
            "started_at": created,
            "ended_at": None if is_unfinished else created + took,
            "result_at": created + took if is_done else None,
            "worker": "",
            "attempts": 1,
            "note": "",
            "is_starred": dice.random() < STARRED_SHARE,
            "is_example": dice.random() < EXAMPLE_SHARE,
            "deleted_at": None if is_unfinished else self.deleted_at(),
            # for a day, no worker started on this database takes these runs
            "lease_until": self.now + timedelta(days=1) if is_unfinished else None,
        }

    def deleted_at(self) -> datetime | None:
        share = self.dice.random()
        if share < DELETED_SHARE:
            return self.now - GRACE - timedelta(hours=1)
        return self.now - timedelta(days=1) if share < DELETED_SHARE + RESTORABLE_SHARE else None

    def arguments(self, input_share: float) -> dict[str, Any]:
        dice = self.dice
        arguments = {
            "prompt": " ".join(dice.choices(WORDS.split(), k=dice.randint(6, 40))),
            "seed": dice.randrange(2**31),
            "num_images": 1,
            "image_size": "landscape_4_3",
        }
        if dice.random() < input_share and self.uploads and self.results:
            arguments["image_url"] = dice.choice(dice.choice((self.uploads, self.results)))
        return arguments

    def error(self) -> str:
        return json.dumps({"type": "InvalidInput", "status": 422, "message": "NSFW content"})

    def artifacts(self, run: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield a run's results, 2.7 on average: most successful runs have several."""
        if run["state"] != "succeeded":
            return
        for position in range(self.dice.choices([1, 2, 4, 6], [30, 20, 45, 5])[0]):
            digest = f"{self.dice.getrandbits(256):064x}"
            is_stored = self.dice.random() < 0.98
            yield {
                "run_id": run["id"],
                "position": position,
                "path": f"$.images[{position}]",
                "kind": "image",
                "url": f"https://v3.fal.media/files/{digest[:20]}.png",
                "content_type": "image/png",
                "file_name": "image.png",
                "width": 1024,
                "height": 768,
                "size_bytes": self.dice.randint(200_000, 3_000_000),
                "state": "stored" if is_stored else "lost",
                "file": f"{digest[:2]}/{digest[2:4]}/{digest}.png" if is_stored else "",
                "poster": "",
                "thumbnail": f"{digest[:2]}/{digest[2:4]}/{digest}.webp" if is_stored else "",
                "digest": digest if is_stored else "",
                "error": "" if is_stored else "gone",
                "attempts": 1,
                "is_starred": False,
                "provenance": "none" if is_stored else "",
                "signer": "",
                "source_type": "",
            }


def insert(model: type[models.Model], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of one model, which all have the same columns."""
    columns = list(rows[0])
    quoted = ", ".join(f'"{name}"' for name in columns)
    table = model._meta.db_table
    values: Iterable[tuple[Any, ...]] = (tuple(row.values()) for row in rows)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
            return
        converted = [tuple(map(_for_sqlite, row)) for row in values]
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", converted)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return value.hex if isinstance(value, uuid.UUID) else value
