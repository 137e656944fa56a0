"""Fills a database with two years of a team's history: runs, their results and their input files.

The same number of runs gives the same rows, except for the keys. No file is stored, because no
benchmark reads one.
"""

import random
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
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
    for model in (Run, Upload):  # otherwise every row would be of now
        model._meta.get_field("created_at").auto_now_add = False
    people, endpoints = list(team) or add_people(), list(Endpoint.objects.order_by("pk"))
    history = _History(random.Random(count), people, endpoints, count)
    Upload.objects.bulk_create([history.upload() for _ in range(count // 50)])
    for runs in history.pages():
        Run.objects.bulk_create(runs)
        Artifact.objects.bulk_create(chain.from_iterable(map(history.artifacts, runs)))
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
        self.count = count
        self.people = people
        self.projects = {person: private_project(person) for person in people}
        self.person_weights = [1 / (place + 4) for place in range(len(people))]
        self.endpoints = endpoints
        self.endpoint_weights = [1 / (place + 4) for place in range(len(endpoints))]
        self.uploads: list[str] = []
        self.results: list[str] = []

    def upload(self) -> Upload:
        user, digest = self.dice.choice(self.people), self.digest()
        upload = Upload(
            user=user,
            project=self.projects[user],
            digest=digest,
            file=f"{digest[:2]}/{digest[2:4]}/{digest}.jpg",
            file_name="photo.jpg",
            content_type="image/jpeg",
            size_bytes=self.dice.randint(50_000, 5_000_000),
            created_at=self.now - AGE,
        )
        self.uploads.append(f"/uploads/{upload.pk}/photo.jpg")
        return upload

    def pages(self) -> Iterator[list[Run]]:
        """Yield all runs, the oldest first."""
        numbers, presses = iter(range(self.count)), self.presses()
        while listed := list(islice(numbers, PAGE)):
            yield [self.run(number, *next(presses)) for number in listed]

    def presses(self) -> Iterator[tuple[User, Endpoint, uuid.UUID | None]]:
        """Yield person, model and batch of each run; a batch has four runs."""
        while True:
            (user,) = self.dice.choices(self.people, self.person_weights)
            (endpoint,) = self.dice.choices(self.endpoints, self.endpoint_weights)
            is_batch = self.dice.random() < BATCH_SHARE / 4
            batch = uuid.uuid4() if is_batch else None
            yield from [(user, endpoint, batch)] * (4 if is_batch else 1)

    def run(self, number: int, user: User, endpoint: Endpoint, batch: uuid.UUID | None) -> Run:
        dice, left = self.dice, self.count - number - 1
        created = self.now - AGE / self.count * left - timedelta(seconds=30)
        took = timedelta(seconds=dice.uniform(1, 40))
        is_unfinished = left < UNFINISHED
        state = dice.choices(["succeeded", "failed", "cancelled"], [93, 5, 2])[0]
        is_done = state == "succeeded" and not is_unfinished
        arguments = self.arguments(INPUT_SHARE)
        if not number % RARE_EVERY:
            arguments["prompt"] = f"{RARE_WORD} {arguments['prompt']}"
        run = Run(
            user=user,
            project=self.projects[user],
            endpoint=endpoint,
            schema_id=endpoint.schema_id,
            form_token=uuid.uuid4().hex,
            arguments=arguments,
            options={},
            title=arguments["prompt"][:200],
            batch=batch,
            state="running" if is_unfinished else state,
            metrics={"inference_time": took.total_seconds()},
            request_id=str(uuid.uuid4()),
            created_at=created,
            sent_at=created,
            queued_at=created,
            started_at=created,
            ended_at=None if is_unfinished else created + took,
            result_at=created + took if is_done else None,
            is_starred=dice.random() < STARRED_SHARE,
            is_example=dice.random() < EXAMPLE_SHARE,
            deleted_at=None if is_unfinished else self.deleted_at(),
            # for a day, no worker started on this database takes these runs
            lease_until=self.now + timedelta(days=1) if is_unfinished else None,
        )
        if is_done:
            url = f"https://v3.fal.media/files/{run.pk}.png"
            run.output = {"images": [{"url": url}], "seed": number}
            run.billable_units = f"{dice.uniform(0.1, 4):.3f}"
            if len(self.results) < 20_000:
                self.results.append(f"/runs/{run.pk}/artifacts/0/")
        elif state == "failed" and not is_unfinished:
            run.error = {"type": "InvalidInput", "status": 422, "message": "NSFW content"}
        return run

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

    def artifacts(self, run: Run) -> Iterator[Artifact]:
        """Yield a run's results, 2.7 on average: most successful runs have several."""
        if run.state != "succeeded":
            return
        for position in range(self.dice.choices([1, 2, 4, 6], [30, 20, 45, 5])[0]):
            digest = self.digest()
            artifact = Artifact(
                run=run,
                position=position,
                path=f"$.images[{position}]",
                kind="image",
                url=f"https://v3.fal.media/files/{digest[:20]}.png",
                content_type="image/png",
                file_name="image.png",
                width=1024,
                height=768,
                size_bytes=self.dice.randint(200_000, 3_000_000),
                state="lost",
            )
            if self.dice.random() < 0.98:
                place = f"{digest[:2]}/{digest[2:4]}/{digest}"
                artifact.state, artifact.digest, artifact.provenance = "stored", digest, "none"
                artifact.file, artifact.thumbnail = f"{place}.png", f"{place}.webp"
            yield artifact

    def digest(self) -> str:
        return f"{self.dice.getrandbits(256):064x}"
