"""The playground: a model's page, where its form is filled in and its results are shown."""

from django.apps import AppConfig


class PlaygroundConfig(AppConfig):
    """Forms, the pages of models and runs, and their admin. Has no tables.

    `runs` has the tables, under the label "playground" (see there).
    """

    name = "playground"
    label = "model_page"
    verbose_name = "Model pages"

    def ready(self) -> None:
        """Register what the app promises to runs."""
        from playground.owner import PlaygroundOwner
        from runs.promises import registry

        registry.register(PlaygroundOwner())
