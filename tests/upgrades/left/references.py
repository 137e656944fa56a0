"""References became series with a name for prompts, their versions series of their own."""

import uuid
from typing import Any

NUMBER = 200


def make(apps: Any) -> None:
    """Make references with versions, a LoRA, a hidden one and one whose picture is gone."""
    user = apps.get_model("auth", "User").objects.create(username="of-references")
    project = apps.get_model("projects", "Project").objects.create(name="R", slug="of-references")
    own = {"user": user, "project": project}
    uploads = apps.get_model("playground", "Upload").objects
    pictures = []
    for number in range(4):
        upload = uploads.create(
            **own, digest=f"{number:064}", file="f", file_name="a.png", size_bytes=1
        )
        pictures.append(f"/uploads/{upload.pk}/a.png")
    endpoint = apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/loras")
    run = apps.get_model("playground", "Run").objects.create(
        **own, endpoint=endpoint, form_token="lora", state="succeeded", arguments={}
    )
    references = apps.get_model("library", "Reference").objects
    for number in range(NUMBER):
        reference = references.create(
            **own,
            is_hidden=number == 1,
            name=f"Bottle-{number}",
            key=f"bottle-{number}",
            description=f"an amber bottle {number}",
            pictures=[pictures[number % 4], pictures[(number + 1) % 4], gone()],
            lora=f"/runs/{run.pk}/artifacts/1/" if number == 2 else "",
        )
        of_version = [[pictures[3], pictures[0]], reference.pictures]
        for version, held in enumerate(of_version, start=1):
            reference.versions.create(
                number=version, pictures=held, description="as it was", change="2 pictures"
            )
        reference.uses.create(run=run, version=1, words="@bottle: 1 picture")
    apps.get_model("projects", "Move").objects.create(
        user=user, target=project, rows=[["library.Reference", project.pk, [str(reference.pk)]]]
    )


def gone() -> str:
    """Return the address of a picture that no row has."""
    return f"/uploads/{uuid.uuid4()}/gone.png"


def check(apps: Any) -> None:
    """No picture and no order is lost, and the names mean what they meant."""
    rows = apps.get_model("library", "Series").objects.filter(user__username="of-references")
    named = rows.exclude(mention="").order_by("created_at")
    assert named.count() == NUMBER
    uploads = list(
        apps.get_model("playground", "Upload")
        .objects.filter(user__username="of-references")
        .order_by("digest")
        .values_list("pk", flat=True)
    )
    for number, series in enumerate(named):
        items = series.items.order_by("place")
        held = list(items.exclude(upload=None).values_list("upload_id", flat=True))
        assert held == [uploads[number % 4], uploads[(number + 1) % 4]]
        assert series.mention == f"Bottle-{number}"
        assert series.mention_key == f"bottle-{number}"
        assert series.words == f"an amber bottle {number}"
        assert series.is_hidden == (number == 1)
        loras = list(items.exclude(run=None).values_list("run__form_token", "position"))
        assert loras == ([("lora", 1)] if number == 2 else [])
    earlier = rows.filter(mention="")
    assert earlier.count() == NUMBER
    version = earlier.get(name="Bottle-7, version 1")
    held = list(version.items.order_by("place").values_list("upload_id", flat=True))
    assert held == [uploads[3], uploads[0]]
    assert version.note == "2 pictures\n\nas it was"
    move = apps.get_model("projects", "Move").objects.get(user__username="of-references")
    assert move.rows[0][0] == "library.Series"
