"""Trainings became series of their results, named like their weights."""

from typing import Any


def make(apps: Any) -> None:
    """Make a training with weights, one that failed, and a notice."""
    user = apps.get_model("auth", "User").objects.create(username="of-trainings")
    own = {
        "user": user,
        "project": apps.get_model("projects", "Project").objects.create(name="T", slug="of-train"),
        "endpoint": apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/trainer"),
    }
    runs = apps.get_model("playground", "Run").objects
    trainings = apps.get_model("training", "Training").objects
    for state in ("succeeded", "failed"):
        run = runs.create(**own, form_token=f"train-{state}", state=state, arguments={})
        training = trainings.create(run=run, trigger_word="vtrnfox")
        if state == "succeeded":
            for position in range(2):
                run.artifacts.create(position=position, path="lora", kind="file", url="u")
            weights = training.weights.create(
                user=user, project=own["project"], position=0, name="Foxes"
            )
            apps.get_model("notifications", "Notification").objects.create(
                user=user,
                kind="training_finished",
                subject="Training finished",
                path=f"/training/weights/{weights.pk}/",
                key=f"training {run.pk}",
                about="playground.run",
                thing=run.pk,
            )


def check(apps: Any) -> None:
    """The results are in a series; the notice leads to the run."""
    (series,) = apps.get_model("library", "Series").objects.filter(user__username="of-trainings")
    assert series.name == "Foxes (vtrnfox)"
    items = [*series.items.order_by("place").values_list("run__form_token", "position")]
    assert items == [("train-succeeded", 0), ("train-succeeded", 1)]
    notice = apps.get_model("notifications", "Notification").objects.get(user=series.user)
    assert notice.path == f"/runs/{series.items.first().run_id}/"
