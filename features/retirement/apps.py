"""The retirement of models, and checks of them."""

from django.apps import AppConfig


class RetirementConfig(AppConfig):
    """Lists what uses a model, lets another one take its place, and checks for silent changes."""

    name = "features.retirement"
    verbose_name = "Retirement"

    def ready(self) -> None:
        """Register the kinds of things that the catalogue has, and the question of checks."""
        from features.notifications import kinds, subjects
        from features.retirement import checking
        from features.retirement.models import ModelCheck
        from features.retirement.owner import RetirementOwner
        from runs.promises import owners

        owners.register(RetirementOwner())
        kinds.register(checking.CHECK)
        visible = ModelCheck.objects.kept().shown_to
        subjects.register(ModelCheck, visible, checking.asking, checking.pictures_of)
