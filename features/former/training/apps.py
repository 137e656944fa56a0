"""Data sets left in 0.3.0; their migrations stay until 0.4.0."""

from django.apps import AppConfig


class FormerTrainingConfig(AppConfig):
    """The app of their migrations, without models: databases of 0.2.0 know it by its label."""

    name = "features.former.training"
    label = "training"
