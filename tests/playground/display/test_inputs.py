"""The files that a run was made from: in order, once each, and only existing ones."""

import uuid
from typing import Any

import pytest

from playground.display import inputs, renderers
from playground.display.inputs import ComparisonFile, input_files
from runs.models import Artifact, Run, Upload
from runs.progress import watch_tokens
from tests.schemas import strategies
from tests.tables import each_row

pytestmark = pytest.mark.django_db


def upload(run: Run, name: str, content_type: str) -> Upload:
    """Make an upload in the project of a run."""
    return Upload.objects.create(
        user=run.user,
        project=run.project,
        digest=uuid.uuid4().hex,
        file="a/b",
        file_name=name,
        content_type=content_type,
        size_bytes=3,
    )


def test_uploads_and_results_are_found_wherever_they_stand(make_run):
    run = make_run(state="succeeded")
    source = make_run(state="succeeded")
    Artifact.objects.create(run=source, position=2, path="x", kind="video", url="https://x/a.mp4")
    mask, weights = upload(run, "mask.png", "image/png"), upload(run, "a.bin", "application/x-bin")
    film = f"/runs/{source.pk}/artifacts/2/"
    run.arguments = {
        "prompt": f"see {film}",  # a text that only mentions an address
        "image_url": mask.get_absolute_url(),
        "extra": [{"path": weights.get_absolute_url()}, film, film],
        "lost": f"/runs/{source.pk}/artifacts/7/",
        "seed": 4,
    }
    assert input_files(run) == [
        (mask.get_absolute_url(), "image"),
        (weights.get_absolute_url(), "file"),
        (film, "video"),
    ]


def test_many_inputs_need_two_queries(make_run, django_assert_num_queries, monkeypatch):
    run, source = make_run(state="succeeded"), make_run(state="succeeded")
    for position in range(20):
        Artifact.objects.create(run=source, position=position, kind="image", url="https://x/a")
    addresses = [f"/runs/{source.pk}/artifacts/{position}/" for position in range(20)]
    run.arguments = {"images": [*addresses, upload(run, "a.png", "image/png").get_absolute_url()]}
    monkeypatch.setattr(inputs, "MOST_INPUTS", 30)
    with django_assert_num_queries(2):
        assert len(input_files(run)) == 21
    monkeypatch.undo()
    assert len(input_files(run)) == inputs.MOST_INPUTS


ADDRESS = {"type": "string"}


@each_row(
    ("arguments", "kinds", "is_beside"),
    [
        ({"image_url": "own", "mask_url": "mask"}, ["image"], True),
        ({"image_url": "https://fal.media/a.png"}, ["image"], True),
        ({"image_urls": ["own"]}, ["image"], True),
        ({"image_urls": ["own", "own"]}, ["image"], False),
        ({"image_url": "own"}, ["image", "image"], False),
        ({"image_url": "own"}, ["video"], False),
        ({"image_url": "https://elsewhere.example/a.png"}, ["image"], False),
        ({"image_url": "/uploads/00000000-0000-4000-8000-000000000000/a.png"}, ["image"], False),
        ({"mask_url": "own"}, ["image"], False),
    ],
)
def test_the_only_picture_is_laid_over_the_one_it_was_made_from(
    make_run, make_endpoint, arguments, kinds, is_beside
):
    fields: dict[str, Any] = {"image_url": ADDRESS, "mask_url": ADDRESS}
    if "image_urls" in arguments:
        fields = {"image_urls": {"type": "array", "items": ADDRESS}}
    document = strategies.document({"type": "object", "properties": fields})
    run = make_run(endpoint=make_endpoint(f"a/{uuid.uuid4().hex}", document), state="succeeded")
    own = upload(run, "a.png", "image/png").get_absolute_url()
    names = {"own": own, "mask": own}
    run.arguments = {
        name: [names[text] for text in value]
        if isinstance(value, list)
        else names.get(value, value)
        for name, value in arguments.items()
    }
    for position, kind in enumerate(kinds):
        address = f"https://fal.media/{position}"
        Artifact.objects.create(
            run=run, position=position, path=str(position), kind=kind, url=address
        )
    beside = renderers.results(run)["beside"]
    assert bool(beside) == is_beside
    if beside:
        first = next(iter(run.arguments.values()))
        address = first[0] if isinstance(first, list) else first
        assert beside == ComparisonFile(address, "Before", "After")


def test_readers_of_an_example_do_not_see_what_it_was_made_from(make_run, make_endpoint, stranger):
    document = strategies.document({"type": "object", "properties": {"image_url": ADDRESS}})
    run = make_run(endpoint=make_endpoint("a/upscaler", document), state="succeeded")
    run.arguments = {"image_url": upload(run, "a.png", "image/png").get_absolute_url()}
    Artifact.objects.create(
        run=run, position=0, path="image", kind="image", url="https://fal.media/a.png"
    )
    assert renderers.results(run)["beside"]
    assert not renderers.results(run, watch_tokens.view_for(stranger, run, "page"))["beside"]
