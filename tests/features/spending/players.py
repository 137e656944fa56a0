"""Runs that compete for the last cent of a budget, in one of several processes.

python -m tests.features.spending.players SEED STEPS

Each step starts a run of one picture where there is room for one, and lets it fail, so that nothing
is billed. After every step the process checks the budgets: no sum may exceed its budget. It prints
counts of what happened, as JSON.
"""

import json
import random
import sys
import uuid
from collections import Counter as Tally
from typing import Any

import django


def main(seed: int, steps: int) -> None:
    """Play this number of steps, and print how often each thing happened."""
    django.setup()
    player = Player(random.Random(seed))
    print("ready", flush=True)
    sys.stdin.readline()  # until all players are ready
    done = Tally(player.race() for _ in range(steps))
    print(json.dumps({"done": done}))


class Player:
    """A process that starts runs for the members of the project."""

    def __init__(self, generator: random.Random) -> None:
        from projects.models import Project
        from tests.runs.doors.world import World

        self.random = generator
        project = Project.objects.get(slug="spring")
        people = [
            row.user for row in project.memberships.exclude(role="viewer").select_related("user")
        ]
        self.worlds = [World(person, project, None, {}) for person in people]  # type: ignore[arg-type]

    def race(self) -> str:
        """Start a run of one picture and let it fail; return how the start ended."""
        from runs.models import Run
        from runs.start import starting
        from runs.start.refused_starts import Unaffordable
        from runs.state import state_machine
        from runs.state.transitions import Observation

        try:
            run = starting.start(self._request()).run
        except Unaffordable:
            self.look()
            return "unaffordable"
        self.look()
        state_machine.record(run.pk, Observation(Run.State.FAILED))
        return "done"

    def look(self) -> None:
        """Compare each budget with its spending, in one snapshot; raises AssertionError."""
        from core.db import clock
        from features.spending.budgets import affordability, counting
        from features.spending.models import Budget
        from runs.costs.ledger import Counter, Scope
        from tests.features.spending.sums import charges_of, total_of

        for budget in Budget.objects.holding(clock.now().date()):
            key = counting.named_key(budget)
            assert key is not None
            counter = Counter(Scope(budget.scope), key, counting.period_of(budget, clock.now()))
            total = total_of(charges_of(counter))
            assert total <= affordability.limit_of(budget, counter), (str(counter), total)

    def _request(self) -> Any:
        from runs.start.starting import Source, StartRequest
        from tests.runs.doors.world import PAINT

        world = self.random.choice(self.worlds)
        return StartRequest(
            user=world.user,
            endpoint=world.endpoint(PAINT),
            arguments={"num_images": 1},
            source=Source.FORM,
            key=uuid.uuid4().hex,
            project=world.project,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
