"""Boards: saved grids of runs, inputs by models or settings."""

from django.apps import AppConfig


class BoardsConfig(AppConfig):
    """Plans become boards; each cell of a board is an ordinary run."""

    name = "features.boards"
    verbose_name = "Boards"

    def ready(self) -> None:
        """Register the app with runs and notifications."""
        from features.boards import comments
        from features.boards.display.listing import pictures_of_boards
        from features.boards.models import Board
        from features.boards.owner import BoardsOwner
        from features.notifications import subjects
        from runs.promises import registry

        registry.register(BoardsOwner())
        comments.connect()
        boards = Board.objects.kept()
        subjects.register(Board, boards.shown_to, pictures=pictures_of_boards)
