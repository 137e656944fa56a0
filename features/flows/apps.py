"""Models chained into flows, and the workflows of the fal account."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Each step of a flow is an ordinary run."""

    name = "features.flows"
    verbose_name = "Flows"

    def ready(self) -> None:
        """Register what the app promises to its runs, and which models its workflows use."""
        from features.flows.fal_workflows import store
        from features.flows.models import FlowRun
        from features.flows.owner import FlowsOwner
        from features.notifications import subjects
        from projects.rules import enforcement
        from runs.promises import registry

        registry.register(FlowsOwner())
        subjects.register(FlowRun, FlowRun.objects.kept().shown_to)
        enforcement.models_within.provide(store.models_within)
