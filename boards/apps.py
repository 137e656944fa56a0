"""Boards: kept grids of runs, inputs by models or settings."""

from django.apps import AppConfig


class BoardsConfig(AppConfig):
    """Plans become boards; each cell of a board is an ordinary run."""

    name = "boards"
    verbose_name = "Boards"
