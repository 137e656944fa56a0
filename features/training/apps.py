"""Data sets for trainers."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """A training is an ordinary run of a trainer; this app prepares its data set."""

    name = "features.training"
    verbose_name = "Training"

    def ready(self) -> None:
        """Register the app's owner of runs."""
        from features.training.owner import TrainingOwner
        from runs.promises import registry

        registry.register(TrainingOwner())
