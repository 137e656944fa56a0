"""Models chained into flows, and the workflows of the fal account."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    """Each step of a flow is an ordinary run."""

    name = "flows"
    verbose_name = "Flows"

    def ready(self) -> None:
        """Register flows for handovers, file retention, and the jobs that run them."""
        from flows.display import run_page
        from flows.execution import advance, ended
        from flows.fal_workflows import live, step_files, sync
        from flows.models import Flow, FlowRun
        from notifications import run_ends
        from playground.display.navigation import destinations
        from runs import final_hooks
        from runs.files import input_references
        from runs.live import views
        from runs.models import opened_files
        from runs.ownership import handover
        from runs.worker import jobs

        destinations.register(
            destinations.Kind("Flows", Flow.objects.visible_to, "name", "flows:flow")
        )
        handover.register("flows", Flow)
        handover.register("runs of flows", FlowRun)
        opened_files.register(Flow.objects.shown_by, "definition")
        input_references.register_inputs(lambda: Flow.objects.kept(), "definition")
        input_references.register_inputs(
            lambda: FlowRun.objects.filter(flow__deleted_at=None), "definition"
        )
        run_ends.register_told_elsewhere(ended.is_step)
        jobs.register_signalled("carry flows on", advance.carry_on)
        jobs.register_upstream(sync.job)
        jobs.register_upstream(step_files.job)
        final_hooks.register(step_files.note_end)
        views.register(run_page.VIEW, lambda run, _view: run_page.render(run))
        views.register(live.VIEW, lambda run, _view: live.render(run))
