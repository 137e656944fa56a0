"""Runs and their whole life: the record, the worker, files, live pages, costs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Runs, artifacts and uploads; the worker that sends them, and pages that update live.

    Tables, permissions, content types and migrations have carried the label "playground" since
    before runs had their own package. Renaming the label would rewrite every database.
    """

    name = "runs"
    label = "playground"
    verbose_name = "Runs"

    def ready(self) -> None:
        """Register the owner of runs; install the trigger that marks runs with unread files.

        Runs hand the functions for personal news, the latest run and the upstream to folders that
        must not import runs.
        """
        from django.db.models.signals import post_migrate, pre_migrate

        from catalog import model_records
        from catalog.changelog import personal_news
        from projects import listing
        from runs.models import input_file
        from runs.ownership.activity import latest
        from runs.ownership.owner import RunsOwner
        from runs.progress import current_upstream
        from runs.promises import places, registry
        from runs.records import former_triggers, model_record
        from schemas.estimate import wording

        wording.nobody_pays.provide(current_upstream.is_free)
        registry.register(RunsOwner())
        personal_news.waiting.provide(places.waiting)
        listing.connect_activity(latest)
        post_migrate.connect(input_file.install_trigger, sender=self)
        pre_migrate.connect(former_triggers.drop, sender=self)
        model_records.records_for.provide(model_record.for_request)
