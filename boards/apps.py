"""Boards: saved grids of runs, inputs by models or settings."""

from django.apps import AppConfig


class BoardsConfig(AppConfig):
    """Plans become boards; each cell of a board is an ordinary run."""

    name = "boards"
    verbose_name = "Boards"

    def ready(self) -> None:
        """Register boards for handovers, input retention, and the job of standing trials."""
        from asgiref.sync import sync_to_async

        from boards.display import grid
        from boards.models import Board, Column, Row
        from boards.runs.belonging import boards_of
        from boards.trials import job, news
        from catalog.changelog import personal_news
        from playground.display.navigation import destinations
        from runs.files import input_references
        from runs.live import groups
        from runs.ownership import belonging, handover
        from runs.worker import jobs

        jobs.register(jobs.Job("standing trials", sync_to_async(job.work)))
        personal_news.register(news.entries)
        groups.register(grid.GROUP, grid.runs_of)

        belonging.register(boards_of)
        destinations.register(
            destinations.Kind(
                "Boards",
                lambda user: Board.objects.kept().filter(user_id=user.pk),
                "title",
                "boards:board",
            )
        )
        handover.register("boards", Board)
        input_references.register_inputs(lambda: Board.objects.kept(), "plan")
        input_references.register_inputs(
            lambda: Row.objects.filter(board__deleted_at=None), "values"
        )
        input_references.register_inputs(
            lambda: Column.objects.filter(board__deleted_at=None), "settings"
        )
