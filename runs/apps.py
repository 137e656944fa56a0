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
        """Register what runs promise; install the trigger that notes runs with files to be read.

        The catalogue and projects are below the runs, so they are told here where personal news
        and the times of last runs come from.
        """
        from django.db.models.signals import post_migrate

        from catalog.changelog import personal_news
        from projects import activity
        from runs.models import input_file
        from runs.ownership.activity import latest
        from runs.ownership.owner import RunsOwner
        from runs.promises import owners

        owners.register(RunsOwner())
        personal_news.connect(owners.news, owners.waiting)
        activity.connect(latest)
        post_migrate.connect(input_file.install_trigger, sender=self)
