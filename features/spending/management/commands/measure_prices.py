"""`manage.py measure_prices`: measure what every model costs, from all that is known."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.formatting import counted
from features.spending.prices import updating


class Command(BaseCommand):
    """Measures all models again; the worker measures only those with new runs."""

    help = "Measure what each model really costs, from the latest runs here."

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure, and print the number of models."""
        self.stdout.write(f"{counted(updating.measure_all(), 'model')} measured.")
