"""The Django app `sharing`."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    """Shares and reviews."""

    name = "features.sharing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the app's owner of runs; provide its feedback for the search."""
        from features.library import feedback as of_results
        from features.sharing import feedback
        from features.sharing.owner import SharingOwner
        from runs.promises import registry

        registry.register(SharingOwner())
        of_results.reviewed_runs.provide(feedback.reviewed_runs)
        of_results.feedback_on.provide(feedback.feedback_on)
