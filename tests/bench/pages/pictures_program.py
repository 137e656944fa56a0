"""Fills a database with results, a board and a line of the inbox, all with pictures; prints JSON.

python -m tests.bench.pages.pictures_program  (settings come from the environment)
"""

from __future__ import annotations

import json

from tests.bench import catalogue

RESULTS, COLUMNS = 60, 3


def main() -> dict[str, str]:
    """Return the key of the board."""
    catalogue.set_up()
    from accounts.sign_in import local_owner
    from features.boards.models import Board, Cell, Column, Row
    from features.boards.votes.voting import VOTE_OPENED
    from features.notifications import outbox
    from projects.models.project import private_project
    from runs.models import Run
    from tests.bench.history import filling
    from tests.bench.results.program import store_pictures

    owner = local_owner.get_or_create()
    filling.fill(RESULTS, [owner])
    Run.objects.unfinished().delete()
    store_pictures()
    shown = Run.objects.kept().filter(artifacts__kind="image", artifacts__position=0)
    runs = list(shown.exclude(artifacts__thumbnail="").select_related("endpoint")[:COLUMNS])
    board = Board.objects.create(
        user=owner, project=private_project(owner), title="Boats", source=runs[0].endpoint
    )
    row = Row.objects.create(board=board, position=0, label="a boat", values={})
    for position, run in enumerate(runs):
        column = Column.objects.create(
            board=board, position=position, endpoint=run.endpoint, digest=str(position)
        )
        Cell.objects.create(board=board, row=row, column=column, run=run)
    outbox.notify(owner, VOTE_OPENED.name, subject="Vote on “Boats”", key="boats", about=board)
    return {"board": str(board.pk)}


if __name__ == "__main__":
    print(json.dumps(main()))
