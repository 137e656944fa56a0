"""Random steps against budgets, in one of several processes.

python -m tests.features.spending.players ROLE SEED STEPS

A *web* process starts runs as users do: alone, several at once, on boards, in flows, by a retry. A
*worker* ends runs as upstream does, at unexpected costs, advances flows, and reads
late bills. After every step, each process checks the budgets: no sum may exceed
its budget by more than the estimates of ended runs were wrong. A *racer* only starts a run where
there is room for one, and lets it fail. The process prints counts of what happened, as JSON.
"""

import json
import random
import sys
import uuid
from collections import Counter as Tally
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import django
from django.db import transaction
from django.db.models import Case, F, Sum, When


def main(role: str, seed: int, steps: int) -> None:
    """Play this number of steps, and print how often each thing happened."""
    django.setup()
    player = Player(random.Random(seed))
    acts = {"web": player.web, "worker": player.worker, "racer": player.racer}[role]()
    print("ready", flush=True)
    sys.stdin.readline()  # until all players are ready
    for _ in range(steps):
        name, act = player.random.choice(acts)
        player.done[f"{name} {act() or 'done'}"] += 1
        player.look()
    print(json.dumps({"done": player.done, "worst": str(player.worst)}))


class Player:
    """A player of any role, who counts the outcomes."""

    def __init__(self, generator: random.Random) -> None:
        from projects.models import Project
        from tests.runs.doors.world import World

        self.random = generator
        self.done: Tally[str] = Tally()
        self.worst = Decimal(0)
        project = Project.objects.get(slug="spring")
        people = [
            row.user for row in project.memberships.exclude(role="viewer").select_related("user")
        ]
        self.worlds = [World(person, project, None, {}) for person in people]  # type: ignore[arg-type]

    def web(self) -> list[tuple[str, Callable[[], str]]]:
        """Do one step of a web process."""
        return [
            ("run", self.run),
            ("run", self.run),
            ("batch", self.batch),
            ("board", self.board),
            ("flow", self.flow),
            ("retry", self.retry),
        ]

    def worker(self) -> list[tuple[str, Callable[[], str]]]:
        """Do one step of a worker process."""
        return [
            ("end", self.end),
            ("end", self.end),
            ("end", self.end),
            ("advance", self.advance),
            ("bill", self.bill),
        ]

    def racer(self) -> list[tuple[str, Callable[[], str]]]:
        """Compete for the last cent, again and again."""
        return [("race", self.race)]

    def race(self) -> str:
        """Start a run of one picture and let it fail, so that nothing is billed."""
        from runs.models import Run
        from runs.start import starting
        from runs.state import state_machine
        from runs.state.transitions import Observation

        request = replace(self._request(self._world()), arguments={"num_images": 1})
        started = []
        outcome = self._started(lambda: started.append(starting.start(request).run))
        self.look()
        for run in started:
            state_machine.record(run.pk, Observation(Run.State.FAILED))
        return outcome

    def look(self) -> None:
        """Compare each budget with its spending, in one snapshot; raises AssertionError."""
        from core.db import clock
        from features.spending.budgets import affordability, counting
        from features.spending.models import Budget
        from runs.costs.ledger import Counter, Scope
        from tests.features.spending.sums import charges_of

        for budget in Budget.objects.holding(clock.now().date()):
            key = counting.named_key(budget)
            for person in self.worlds:
                own = key if key is not None else person.user.pk
                period = counting.period_of(budget, clock.now())
                counter = Counter(Scope(budget.scope), own, period)
                passed = Case(When(amount__gt=F("expected"), then=F("amount") - F("expected")))
                due = charges_of(counter)
                sums = due.aggregate(
                    total=Sum("amount"), error=Sum(passed)
                )  # one query is one snapshot
                limit = affordability.limit_of(budget, counter)
                total, error = sums["total"] or Decimal(0), sums["error"] or Decimal(0)
                assert total <= limit + error, (str(counter), total, limit, error)
                self.worst = max(self.worst, total - limit)

    def _world(self) -> Any:
        return self.random.choice(self.worlds)

    def _started(self, act: Callable[[], Any]) -> str:
        from runs.start.refused_starts import StartRefused, Unaffordable

        try:
            act()
        except Unaffordable:
            return "unaffordable"
        except StartRefused:
            return "refused"
        return "done"

    def _request(self, world: Any) -> Any:
        from runs.start.starting import Source, StartRequest
        from tests.runs.doors.world import PAINT

        return StartRequest(
            user=world.user,
            endpoint=world.endpoint(PAINT),
            arguments={"prompt": "a cat", "num_images": self.random.randint(1, 4)},
            source=Source.FORM,
            key=uuid.uuid4().hex,
            project=world.project,
        )

    def run(self) -> str:
        from runs.start import starting

        return self._started(lambda: starting.start(self._request(self._world())))

    def batch(self) -> str:
        """Start several runs at once, all or none."""
        from runs.start import starting

        world = self._world()
        count = self.random.randint(2, 5)
        return self._started(
            lambda: starting.start_many([self._request(world) for _ in range(count)])
        )

    def board(self) -> str:
        from tests.runs.doors import boards_and_flows

        return self._started(lambda: boards_and_flows.make_board(self._world()))

    def flow(self) -> str:
        from tests.runs.doors import boards_and_flows

        return self._started(lambda: boards_and_flows.run_flow(self._world()))

    def retry(self) -> str:
        """Retry a board's failed cells."""
        from features.boards.models import Board
        from features.boards.runs import repeating

        board = Board.objects.order_by("?").first()
        if board is None:
            return "nothing"
        return self._started(lambda: repeating.repeat_failed(board.user, board))

    def end(self) -> str:
        """End a run as upstream does."""
        from runs.models import Run
        from runs.state import state_machine
        from runs.state.transitions import Observation

        run = Run.objects.unfinished().order_by("?").first()
        if run is None:
            return "nothing"
        state = self.random.choice(
            [Run.State.SUCCEEDED, Run.State.SUCCEEDED, Run.State.FAILED, Run.State.CANCELLED]
        )
        units = self.random.choice(["", "0", "0.333333333", "1", "2", "7.5"])
        output = {"images": [{"url": "https://example.com/a.png"}]}
        state_machine.record(run.pk, Observation(state, output=output, billable_units=units))
        return str(state)

    def bill(self) -> str:
        """Read a late bill of a run, ended or not."""
        from runs.costs import ledger
        from runs.models import Charge

        charge = Charge.objects.exclude(run=None).order_by("?").first()
        if charge is None or charge.run_id is None:
            return "nothing"
        with transaction.atomic():
            ledger.report(charge.run_id, Decimal(self.random.randint(0, 30_000_001)).scaleb(-9))
        return "done"

    def advance(self) -> str:
        from features.flows.execution import advance
        from features.flows.models import FlowRun

        flow_run = FlowRun.objects.filter(state="running").order_by("?").first()
        if flow_run is None:
            return "nothing"
        advance.advance(flow_run.pk)
        return "done"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
