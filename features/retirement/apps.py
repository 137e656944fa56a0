"""The retirement of models."""

from django.apps import AppConfig


class RetirementConfig(AppConfig):
    """Lists what uses a model, and lets another one take its place."""

    name = "features.retirement"
    verbose_name = "Retirement"

    def ready(self) -> None:
        """Register the kinds of things that the catalogue has."""
        from features.retirement.owner import RetirementOwner
        from runs.promises import registry

        registry.register(RetirementOwner())
