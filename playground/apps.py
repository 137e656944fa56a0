"""The playground: fill in a form, run the model, view the result."""

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    """Runs, artifacts and uploads; forms, the worker, and pages that update live."""

    name = "playground"
    verbose_name = "Playground"
