"""Notifications by e-mail, Slack and webhooks."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notifies users and programs, once for each event."""

    name = "features.notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Register what the app promises to runs."""
        from catalog.models import Endpoint
        from features.notifications import memberships, model_changes, subjects
        from features.notifications.owner import NotificationsOwner
        from playground.display import history
        from runs.models import Run
        from runs.promises import registry

        registry.register(NotificationsOwner())
        subjects.register(Run, Run.objects.kept().shown_to, pictures=history.pictures_of)
        pictures = model_changes.pictures_of
        subjects.register(Endpoint, lambda _: Endpoint.objects.all(), pictures=pictures)
        memberships.connect()
