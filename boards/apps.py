"""Boards: kept grids of runs, inputs by models or settings."""

from django.apps import AppConfig


class BoardsConfig(AppConfig):
    """Plans become boards; each cell of a board is an ordinary run."""

    name = "boards"
    verbose_name = "Boards"

    def ready(self) -> None:
        """Have boards pass on with their owner's runs, and keep the runs that their inputs name."""
        from boards.models import Batch, Column, Row
        from playground.files import purge
        from playground.runs import handover

        handover.register("boards", Batch)
        purge.register_inputs(lambda: Batch.objects.kept(), "plan")
        purge.register_inputs(lambda: Row.objects.filter(board__deleted_at=None), "values")
        purge.register_inputs(lambda: Column.objects.filter(board__deleted_at=None), "settings")
