"""Fills a started Vitrine with votes on thirty models, to look at: run by `manage.py shell`.

manage.py shell -c "from tests.boards.leaderboard.seeding import seed; seed('local')"
"""

from __future__ import annotations

import math
import random

from django.contrib.auth.models import User

from boards.leaderboard import counting
from catalog.models import Endpoint
from tests.boards.leaderboard.voting import make_board, vote

MODELS, BOARDS, PER_BOARD, ROWS = 30, 24, 5, 6
TAGS: tuple[list[str], ...] = (
    ["photos of products"],
    ["photos of products", "white background"],
    ["portraits"],
    [],
)


def seed(username: str) -> None:
    """Vote on boards of the first models of the catalogue, as this user; some remain unconnected.

    Adds boards, runs and votes: only for a database that may be thrown away.
    """
    chance = random.Random(47)
    user = User.objects.get(username=username)
    listed = list(Endpoint.objects.listed().exclude(category="training")[:MODELS])
    skill = {model.pk: chance.gauss(0, 1.2) for model in listed}
    main, apart = listed[: MODELS - 3], listed[MODELS - 3 :]
    for number in range(BOARDS + 1):
        models = apart if number == BOARDS else chance.sample(main, PER_BOARD)
        board = make_board(user, models, rows=ROWS, tags=TAGS[number % len(TAGS)])
        for row in range(ROWS):
            for first in range(len(models)):
                for second in range(first + 1, len(models)):
                    odds = skill[models[first].pk] - skill[models[second].pk]
                    if chance.random() < 0.3:
                        continue
                    is_won = chance.random() < 1 / (1 + math.exp(-odds))
                    vote(user, board, *((first, second) if is_won else (second, first)), row)
        counting.recount(board.pk)
