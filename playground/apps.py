"""The playground: fill a form in, run it, look at the result."""

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    """Run, Artifact, Upload; forms, lifecycle, what the worker does, live pages."""

    name = "playground"
    verbose_name = "Playground"
