"""Checks became series of their results."""

from typing import Any


def make(apps: Any) -> None:
    """Make a check with an original and a newer result, and a deleted one."""
    user = apps.get_model("auth", "User").objects.create(username="of-checks")
    own = {
        "user": user,
        "project": apps.get_model("projects", "Project").objects.create(name="C", slug="of-checks"),
        "endpoint": apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/checks"),
    }
    runs = apps.get_model("playground", "Run").objects
    original, newer = (
        runs.create(**own, form_token=f"check-{word}", title=word, state="succeeded", arguments={})
        for word in ("original", "newer")
    )
    for position in range(2):
        newer.artifacts.create(position=position, path="images", kind="image", url="u")
    checks = apps.get_model("retirement", "ModelCheck").objects
    for name, deleted_at in (("Flux", None), ("Gone", user.date_joined)):
        check = checks.create(**own, name=name, limit_usd=1, deleted_at=deleted_at)
        check.runs.create(run=newer, place=0, take=1)
        check.runs.create(run=original, place=0, take=0)
        apps.get_model("notifications", "Notification").objects.create(
            user=user,
            kind="model_check",
            subject=f"{name}: same or different?",
            path=f"/checks/{check.pk}/",
            key=f"check {check.pk} 1",
            about="retirement.modelcheck",
            thing=check.pk,
        )


def check(apps: Any) -> None:
    """The results are in a series, the original first; the deleted check is gone."""
    (series,) = apps.get_model("library", "Series").objects.filter(user__username="of-checks")
    assert series.name == "Check of Flux"
    assert [*series.items.order_by("place").values_list("run__title", "position")] == [
        ("original", 0),
        ("newer", 0),
        ("newer", 1),
    ]
    told = apps.get_model("notifications", "Notification").objects.filter(about="")
    assert told.get(user__username="of-checks").path == f"/series/{series.pk}/"
