"""Training: from data set to weights."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """A training is an ordinary run; this app prepares data sets and manages the weights."""

    name = "features.training"
    verbose_name = "Training"

    def ready(self) -> None:
        """Register the app's owner of runs."""
        from features.training.owner import TrainingOwner
        from runs.promises import owners

        owners.register(TrainingOwner())
