"""Notifications by e-mail, Slack and webhooks."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Notifies users and programs, once for each event."""

    name = "features.notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Register what the app promises to runs."""
        from features.notifications import subjects
        from features.notifications.owner import NotificationsOwner
        from runs.models import Run
        from runs.promises import owners

        owners.register(NotificationsOwner())
        subjects.register(Run, Run.objects.kept().shown_to)
