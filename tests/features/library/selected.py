"""Shared by tests of selections: a run with files, and the way a page posts its results."""

from typing import Any

from runs.models import Artifact, Run


def with_files(make_run: Any, files: int = 2, **values: Any) -> Run:
    """Make a successful run with this number of pictures."""
    run: Run = make_run(**{"state": "succeeded", "title": "a fox", **values})
    Artifact.objects.bulk_create(
        Artifact(
            run=run, position=position, path=f"images[{position}]", kind="image", width=4, height=3,
            url="https://v3.fal.media/x", state="stored", file="x.png", thumbnail="x.webp",
        )
        for position in range(files)
    )  # fmt: skip
    return run


def keys(run: Run, *positions: int) -> list[str]:
    """Return the keys of a run's results, as forms post them."""
    return [f"{run.pk}/{position}" for position in positions]
