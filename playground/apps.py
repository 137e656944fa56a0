"""The playground: fill in a form, run the model, view the result."""

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    """Runs, artifacts and uploads; forms, the worker, and pages that update live."""

    name = "playground"
    verbose_name = "Playground"

    def ready(self) -> None:
        """Install the trigger that notes runs whose input files are to be read."""
        from django.db.models.signals import post_migrate

        from playground.models import input_file

        post_migrate.connect(input_file.install_trigger, sender=self)
