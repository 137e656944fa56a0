"""Data sets became series of their files with names and captions."""

from typing import Any


def make(apps: Any) -> None:
    """Make a data set whose mask serves two pictures, with a file that was taken out."""
    user = apps.get_model("auth", "User").objects.create(username="of-datasets")
    own = {
        "user": user,
        "project": apps.get_model("projects", "Project").objects.create(name="D", slug="of-datas"),
    }
    uploads = apps.get_model("playground", "Upload").objects
    files = []
    for name in ("cat.png", "dog.png", "mask.png"):
        upload = uploads.create(**own, digest=f"{name:0>64}", file="f", file_name="x", size_bytes=1)
        files.append((name, f"/uploads/{upload.pk}/x"))
    cat, dog, mask = (address for _, address in files)
    endpoint = apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/datasets")
    dataset = apps.get_model("training", "Dataset").objects.create(
        **own,
        endpoint=endpoint,
        name="Cats " * 20,
        trigger_word="vtrncat",
        files=[
            item("cat.png", cat, caption="a cat"),
            item("cat_mask.png", mask),
            item("dog_mask.png", mask),
            item("dog.png", dog, is_removed=True),
            item("gone.png", "/uploads/00000000-0000-4000-8000-000000000000/x"),
        ],
    )
    dataset.archives.create(upload=upload)


def item(name: str, address: str, **more: Any) -> dict[str, Any]:
    """Return a file of a data set as its row holds it."""
    about = {"kind": "image", "size_bytes": 1, "caption": "", "is_removed": False}
    return {"name": name, "address": address, **about, **more}


def check(apps: Any) -> None:
    """The series has the files in their order, with their names and captions."""
    (series,) = apps.get_model("library", "Series").objects.filter(user__username="of-datasets")
    assert series.name.startswith("Cats Cats")
    assert series.note == "Trigger word: vtrncat"
    items = series.items.order_by("place")
    kept = list(items.filter(removed_at=None).values_list("file_name", "caption"))
    assert kept == [("cat.png", "a cat"), ("cat_mask.png", ""), ("dog_mask.png", "")]
    assert list(items.exclude(removed_at=None).values_list("file_name", flat=True)) == ["dog.png"]
