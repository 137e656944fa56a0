"""The Django app `sharing`."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Shares and reviews."""

    name = "sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what the app promises to runs."""
        from features.library import feedback
        from runs.promises import owners
        from features.sharing.feedback import ReviewFeedback
        from features.sharing.owner import SharingOwner

        owners.register(SharingOwner())
        feedback.register(ReviewFeedback())
