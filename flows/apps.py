"""Models chained into flows, and the workflows of the fal account."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Each step of a flow is an ordinary run."""

    name = "flows"
    verbose_name = "Flows"

    def ready(self) -> None:
        """Register what the app promises to runs."""
        from flows.owner import FlowsOwner
        from runs import owners

        owners.register(FlowsOwner())
