"""The run and all that happens to it: the record, the worker, files, live pages, costs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs, artifacts and uploads; the worker that sends them, and pages that update live.

    Tables, permissions, content types and migrations have carried the label "playground" since
    before the run had a package of its own. It stays: renaming it would rewrite every database.
    """

    name = "runs"
    label = "playground"
    verbose_name = "Playground"

    def ready(self) -> None:
        """Install the trigger that notes runs whose input files are to be read."""
        from django.db.models.signals import post_migrate

        from runs.models import input_file

        post_migrate.connect(input_file.install_trigger, sender=self)
