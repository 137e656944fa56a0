"""Results keep their files without the fingerprints by which they were compared."""

from typing import Any

from django.utils import timezone


def make(apps: Any) -> None:
    """Make a picture, its double, and one that is still to be compared."""
    own = {
        "user": apps.get_model("auth", "User").objects.create(username="of-likeness"),
        "project": apps.get_model("projects", "Project").objects.create(
            name="L", slug="of-likeness"
        ),
        "endpoint": apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/likeness"),
    }
    run = apps.get_model("playground", "Run").objects.create(
        **own, form_token="likeness", state="succeeded", arguments={}
    )
    values = {"kind": "image", "state": "stored", "digest": "a" * 64, "url": "u"}
    compared = {"fingerprint": bytes(16), "compared_at": timezone.now()}
    first = run.artifacts.create(position=0, **values, **compared)
    run.artifacts.create(position=1, **values, **compared, double_of=first)
    run.artifacts.create(position=2, **values)


def check(apps: Any) -> None:
    """All three are there."""
    artifacts = apps.get_model("playground", "Artifact").objects
    of_run = artifacts.filter(run__form_token="likeness", digest="a" * 64)
    assert [*of_run.order_by("position").values_list("position", flat=True)] == [0, 1, 2]
