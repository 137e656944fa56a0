"""Training: from data set to weights."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """A training is an ordinary run; this app prepares data sets and manages the weights."""

    name = "training"
    verbose_name = "Training"

    def ready(self) -> None:
        """Register form sources, handovers, file retention, and the job for ended trainings."""
        from asgiref.sync import sync_to_async

        from notifications import run_ends
        from playground.display.navigation import destinations
        from playground.form.prefill import sources
        from runs.files import input_references, uploads
        from runs.ownership import handover
        from runs.worker import jobs
        from training.data import packing
        from training.models import Dataset, Weights
        from training.results import naming, prefill, settling

        for note, rows_of, route in (
            ("data set", Dataset.objects.of, "training:dataset"),
            ("weights", Weights.objects.of, "training:weights-page"),
        ):
            destinations.register(destinations.Kind("Training", rows_of, "name", route, note))
        handover.register("data sets", Dataset)
        handover.register("weights", Weights)
        input_references.register_inputs(lambda: Dataset.objects.kept(), "files")
        sources.register("dataset", packing.fill)
        sources.register("weights", prefill.fill)
        uploads.register_namer(naming.names_of)
        run_ends.register_told_elsewhere(settling.is_training)
        settle = sync_to_async(settling.settle_due)
        jobs.register(jobs.Job("ended trainings", settle, wakes_on_change=True))
