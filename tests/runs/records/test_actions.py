"""The record equals a count by hand, whatever people do with runs, on both databases."""

import random
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.boards.models import Board, Row
from features.boards.votes.marks import mark_row
from features.library.models import Series
from features.library.selection import ResultKey, Selection
from features.library.series import items
from features.sharing.items import keep_in_step
from features.sharing.models import Reviewer, Share
from features.sharing.own import creation
from features.sharing.review import judging
from projects.models import Project
from runs.files.input_references import read_unread
from runs.files.purge import Purge
from runs.models import RecordedRun, RecordSum, Run
from runs.ownership import deletion, moving
from runs.records import counting
from runs.results import stars
from tests.projects.people import make_project
from tests.runs.records.worth import count_all, make_board, make_done, recount
from tests.sampling import SEED

pytestmark = pytest.mark.django_db
ACTIONS, COMPARED_EVERY = 500, 20
Counted = tuple[Decimal, ...]


@dataclass
class Life:
    """What a person knows of a run: where it is, what it cost, and who keeps it why."""

    run: uuid.UUID
    project: int
    endpoint: int
    cost: Decimal
    is_done: bool
    is_judged: bool = False
    is_deleted: bool = False
    reasons: set[str] = field(default_factory=set)

    @property
    def is_kept(self) -> bool:
        """Whether there is any reason to keep it."""
        return self.is_done and not self.is_deleted and bool(self.reasons)


class House:
    """Does things at random, and writes down what they mean, by run and by row."""

    def __init__(self, user: User, projects: list[Project], models: list[Endpoint]) -> None:
        self.user, self.projects, self.models = user, projects, models
        self.chance = random.Random(int(SEED))
        self.lives: dict[uuid.UUID, Life] = {}
        self.series = [
            Series.objects.create(user=user, name=project.name, project=project)
            for project in projects
        ]
        self.in_series: set[tuple[uuid.UUID, uuid.UUID]] = set()
        self.users_of: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)  # by the used run
        self.boards: list[tuple[Board, Row, list[Life]]] = []
        self.winners: dict[
            uuid.UUID, tuple[int, int]
        ] = {}  # by board: its project, the model's place
        self.moves: list[tuple[Any, dict[uuid.UUID, int]]] = []

    def any_life(self, *, is_deleted: bool = False) -> Life | None:
        lives = [life for life in self.lives.values() if life.is_deleted == is_deleted]
        present = set(
            Run.objects.filter(pk__in=[x.run for x in lives]).values_list("pk", flat=True)
        )
        lives = [life for life in lives if life.run in present]
        return self.chance.choice(lives) if lives else None

    def add(self, run: Run) -> Life:
        done = run.state == "succeeded"
        cost = 2 * (run.endpoint.unit_price_usd or Decimal())
        life = Life(run.pk, run.project_id, run.endpoint_id, cost, done)
        self.lives[run.pk] = life
        return life

    def keep(self, life: Life, reason: str, *, is_kept: bool = True) -> None:
        (life.reasons.add if is_kept else life.reasons.discard)(reason)
        life.is_judged |= life.is_kept

    def start(self) -> None:
        project, model = self.chance.choice(self.projects), self.chance.choice(self.models)
        state = self.chance.choice(["succeeded", "succeeded", "failed"])
        run = make_done(self.user, model, "running", project=project)
        Run.objects.filter(pk=run.pk).update(state=state)
        run.state = state
        run.charge.state = "settled"
        run.charge.save()
        counting.touch([run.pk])
        self.add(run)

    def open(self) -> None:
        if life := self.any_life():
            counting.judge([life.run])
            life.is_judged = True

    def star(self) -> None:
        if life := self.any_life():
            is_starred = self.chance.random() < 0.6
            stars.star_run(life.run, is_starred=is_starred)
            self.keep(life, "star", is_kept=is_starred)

    def put_into_series(self) -> None:
        if life := self.any_life():
            series = self.chance.choice(self.series)
            if self.chance.random() < 0.6:
                if items.add(self.user, series, Selection({life.run: None})).results:
                    self.in_series.add((series.pk, life.run))
            else:
                of_run = series.items.filter(run=life.run)
                items.remove(series, list(of_run.values_list("pk", flat=True)))
                self.in_series.discard((series.pk, life.run))
            self.judge_series()

    def delete_series(self) -> None:
        series = self.chance.choice(self.series)
        (series.restore_by if series.deleted_at else series.delete_by)(self.user)
        self.judge_series()

    def judge_series(self) -> None:
        kept = {series.pk for series in self.series if series.deleted_at is None}
        for life in self.lives.values():
            is_in = any((key, life.run) in self.in_series for key in kept)
            self.keep(life, "series", is_kept=is_in)

    def use(self) -> None:
        if source := self.any_life():
            user = make_done(
                self.user, self.chance.choice(self.models), project=self.projects[0],
                arguments={"image_url": f"/runs/{source.run}/artifacts/0/"},
            )  # fmt: skip
            self.add(user)
            read_unread()
            self.users_of[source.run].add(user.pk)
            self.judge_used()

    def judge_used(self) -> None:
        for source, users in self.users_of.items():
            is_used = any(not self.lives[user].is_deleted for user in users)
            self.keep(self.lives[source], "used", is_kept=is_used)

    def compare(self) -> None:
        if len(self.boards) < 8:
            board = make_board(
                self.user, self.models[:2], project=self.chance.choice(self.projects)
            )
            cells = list(board.cells.order_by("column__position").select_related("run__endpoint"))
            lives = [self.add(cell.run) for cell in cells if cell.run]
            self.boards.append((board, board.rows.get(), lives))

    def pick(self) -> None:
        if self.boards:
            board, row, lives = self.chance.choice(self.boards)
            winner = self.chance.choice([0, 1, None])
            mark_row(row, {"winner": "" if winner is None else str(winner)})
            self.winners.pop(board.pk, None)
            if winner is not None:
                board.refresh_from_db()
                self.winners[board.pk] = board.project_id, winner
            for position, life in enumerate(lives):
                self.keep(life, "pick", is_kept=position == winner)
                is_there = Run.objects.filter(pk=life.run).exists()
                life.is_judged |= winner is not None and is_there

    def share(self) -> None:
        if life := self.any_life():
            is_review = self.chance.random() < 0.4
            share = Share.objects.create(
                user=self.user, project=self.projects[0], picks="one" if is_review else ""
            )
            keep_in_step(share, [ResultKey(life.run, 0)])
            if is_review:
                count_all()
                assert life.is_kept == self.record_keeps(life)
                reviewer = Reviewer.objects.create(share=share, name="Kim")
                judging.pick(reviewer, share.items.get(), True)
            self.keep(life, f"share {share.pk}")

    def record_keeps(self, life: Life) -> bool:
        return RecordedRun.objects.filter(run=life.run, is_kept=True).exists()

    def revoke(self) -> None:
        if share := Share.objects.filter(revoked_at=None).order_by("created_at").first():
            creation.revoke(self.user, share)
            for life in self.lives.values():
                self.keep(life, f"share {share.pk}", is_kept=False)

    def delete(self) -> None:
        if life := self.any_life():
            deletion.delete(Run.objects.filter(pk=life.run), self.user)
            life.is_deleted = True
            self.judge_used()

    def undelete(self) -> None:
        if life := self.any_life(is_deleted=True):
            restored = deletion.restore(Run.objects.filter(pk=life.run), self.user)
            life.is_deleted = not restored
            self.keep(life, "", is_kept=False)
            self.judge_used()

    def purge(self) -> None:
        """Purge a run. Votes on purged runs are left out: their changes are found at night."""
        life = self.any_life(is_deleted=True)
        if life and not any(life in lives for _, _, lives in self.boards):
            deletion.delete_for_good(Run.objects.filter(pk=life.run), self.user)
            Purge().step()

    def move(self) -> None:
        if life := self.any_life():
            target = next(project for project in self.projects if project.pk != life.project)
            record = moving.move(self.user, {Run: {life.run}}, target)
            self.moves.append((record, {life.run: life.project}))
            life.project = target.pk

    def move_board(self) -> None:
        if self.boards:
            board, _, lives = self.chance.choice(self.boards)
            board.refresh_from_db()
            target = next(project for project in self.projects if project.pk != board.project_id)
            moving.move(self.user, {Board: {board.pk}}, target)
            for life in lives:
                if Run.objects.filter(pk=life.run).exists():
                    life.project = target.pk
            if board.pk in self.winners:
                self.winners[board.pk] = target.pk, self.winners[board.pk][1]

    def move_back(self) -> None:
        if self.moves:
            record, formers = self.moves.pop()
            for run, project in formers.items():
                if Run.objects.filter(pk=run, project=record.target).exists():
                    self.lives[run].project = project
            moving.undo(self.user, record)

    def counted(self) -> dict[tuple[int | None, int], Counted]:
        """Return by project and model: runs, failed, judged, kept, spent, rows, rows won."""
        sums: dict[tuple[int | None, int], list[Any]] = defaultdict(lambda: [0, 0, 0, 0, 0, 0, 0])
        for life in self.lives.values():
            is_judged = life.is_done and life.is_judged
            figures = (1, not life.is_done, is_judged, life.is_kept, is_judged * life.cost, 0, 0)
            for project in (life.project, None):
                own = sums[project, life.endpoint]
                own[:] = [a + b for a, b in zip(own, figures, strict=True)]
        for project, winner in self.winners.values():
            for where in (project, None):
                for place, model in enumerate(self.models[:2]):
                    sums[where, model.pk][5] += 1
                    sums[where, model.pk][6] += place == winner
        return {key: tuple(Decimal(figure) for figure in own) for key, own in sums.items()}

    def recorded(self) -> dict[tuple[int | None, int], Counted]:
        """Return the same from the record."""
        return {
            (r.project_id, r.endpoint_id): tuple(
                Decimal(figure)
                for figure in (r.runs, r.failed, r.judged, r.kept, r.spent, r.rows, r.rows_won)
            )
            for r in RecordSum.objects.all()
            if r.runs or r.rows
        }


def test_the_record_equals_a_count_by_hand(user, make_endpoint):
    projects = [make_project(name, ana="manager") for name in ("Acme", "Best")]
    models = [
        make_endpoint(f"lab/{name}", unit_price_usd=Decimal(price), currency="USD")
        for name, price in (("one", "0.013"), ("two", "0.31"), ("three", "1.7"))
    ]
    house = House(user, projects, models)
    actions: list[Callable[[], None]] = [
        *[house.start] * 3, *[house.open] * 2, *[house.star] * 3, house.put_into_series,
        house.put_into_series, house.delete_series, house.use, house.compare, house.pick,
        house.share, house.revoke, *[house.delete] * 2,
        house.undelete, house.purge, house.move, house.move_board, house.move_back,
    ]  # fmt: skip
    for number in range(1, ACTIONS + 1):
        action = house.chance.choice(actions)
        action()
        count_all()  # what is kept for less than a second was not judged by that
        if number % COMPARED_EVERY == 0 or number == ACTIONS:
            assert house.recorded() == house.counted(), f"after {number}, {action.__name__}"
    assert sum(life.is_kept for life in house.lives.values()) > 10  # it has tried something
    assert RecordSum.objects.count() <= 3 * len(models)
    recount()
    assert not RecordedRun.objects.filter(is_due=True).exists()  # nothing was forgotten
