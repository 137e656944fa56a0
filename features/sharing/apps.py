"""The Django app `sharing`."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Shares and reviews."""

    name = "features.sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the app's owner of runs, and its feedback for the search."""
        from features.library import feedback
        from features.sharing.feedback import ReviewFeedback
        from features.sharing.owner import SharingOwner
        from runs.promises import registry

        registry.register(SharingOwner())
        feedback.register(ReviewFeedback())
