"""Frames that pages had saved are no longer known by their content; other files of the film are."""

from typing import Any


def make(apps: Any) -> None:
    """Make a run whose page saved a frame, and showed a still."""
    user = apps.get_model("auth", "User").objects.create(username="of-frames")
    project = apps.get_model("projects", "Project").objects.create(name="F", slug="of-frames")
    endpoint = apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/frames")
    run = apps.get_model("playground", "Run").objects.create(
        user=user, project=project, endpoint=endpoint, form_token="of-frames"
    )
    files = apps.get_model("playground", "DerivedFile").objects
    for what in ("frame", "poster"):
        files.create(run=run, position=0, what=what, digest=what)


def check(apps: Any) -> None:
    """Look at what is known of the film."""
    files = apps.get_model("playground", "DerivedFile").objects
    of_run = files.filter(run__form_token="of-frames")
    assert [*of_run.values_list("what", flat=True)] == ["poster"]
