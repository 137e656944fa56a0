"""Data sets and weights in a shared project: which members see, change and delete them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.models import Endpoint
from features.training.models import Dataset, DatasetArchive, Training, Weights
from features.training.owner import names_of
from features.training.results import settling
from projects.models import Membership, Project
from runs.models import Run, Upload
from tests.features.training.views.test_journey import finish_training, png
from tests.projects.people import make_project, member_with, working_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def project(user: User) -> Project:
    """A project with a member of each role; `user` manages it."""
    return make_project("Film", ana="manager", mia="maker", vera="viewer")


@pytest.fixture
def dataset(project: Project, trainer: Endpoint) -> Dataset:
    """A data set with one picture, which the maker has begun."""
    posted = {"model": trainer.endpoint_id, "name": "Foxes", "files": [png("a.png")]}
    address = f"{reverse('training:new')}?project=film"
    maker = member_with(project, "maker")
    assert working_in(maker.private_project, maker).post(address, posted).status_code == 302
    return Dataset.objects.get()


@pytest.fixture
def weights(dataset: Dataset, trainer: Endpoint, make_run: Any) -> Weights:
    """Weights that the maker has trained with the data set."""
    browser(dataset.project, "maker").post(reverse("training:dataset-form", args=[dataset.pk]))
    upload = DatasetArchive.objects.get().upload
    run = make_run(
        user=dataset.user, project=dataset.project, endpoint=trainer, state="running",
        arguments={"images_data_url": upload.get_absolute_url()},
    )  # fmt: skip
    finish_training(run, "lora.safetensors")
    settling.settle(run.pk)
    return Weights.objects.get()


def browser(project: Project, role: str) -> Client:
    return working_in(project, member_with(project, role))


def test_everything_of_a_data_set_lives_in_its_project(dataset: Dataset, weights: Weights) -> None:
    assert {row.project for row in (dataset, weights, *Upload.objects.all())} == {dataset.project}
    assert weights.training.dataset == dataset
    assert weights.user == dataset.user
    response = browser(dataset.project, "manager").post(
        f"{reverse('training:dataset-form', args=[dataset.pk])}?project=private"
    )
    assert "?project=film&dataset=" in response.headers["Location"]


def test_a_viewer_looks_at_a_data_set_and_changes_nothing(dataset: Dataset) -> None:
    viewer, page = browser(dataset.project, "viewer"), dataset.get_absolute_url()
    listed = viewer.get(reverse("training:training")).content.decode()
    assert "Foxes" in listed
    assert "mia ·" in listed
    html = viewer.get(page).content.decode()
    assert "a.png" in html
    assert "Ask ana to make you a maker" in html
    for control in ('name="caption:', 'name="do"', 'name="files"', "Delete the data set"):
        assert control not in html
    posts = {
        page: {"name": "Hens"},
        reverse("training:dataset-files", args=[dataset.pk]): {"files": [png("b.png", "blue")]},
        reverse("training:dataset-results", args=[dataset.pk]): {"result": []},
        reverse("training:dataset-form", args=[dataset.pk]): {},
        reverse("training:dataset-deletion", args=[dataset.pk]): {},
        reverse("training:new"): {"model": dataset.endpoint.endpoint_id, "name": "Hens"},
    }
    for address, post in posts.items():
        assert viewer.post(address, post).status_code == 403, address
    assert Dataset.objects.get().name == "Foxes"


def test_makers_change_a_data_set_of_somebody_else(dataset: Dataset) -> None:
    second = User.objects.create_user("max")
    Membership.objects.create(project=dataset.project, user=second, role="maker")
    client, page = working_in(dataset.project, second), dataset.get_absolute_url()
    client.post(page, {"name": "Vixens", "caption:a.png": "a vixen"})
    caption = SimpleUploadedFile("b.txt", b"a hen")
    files = {"files": [png("b.png", "blue"), caption]}
    client.post(reverse("training:dataset-files", args=[dataset.pk]), files)
    dataset.refresh_from_db()
    assert dataset.name == "Vixens"
    assert [file["caption"] for file in dataset.files] == ["a vixen", "a hen"]
    assert Upload.objects.get(user=second).project == dataset.project
    response = client.post(reverse("training:dataset-form", args=[dataset.pk]))
    assert response.status_code == 302  # the training gets the files of both members
    assert "holds the data set" in client.get(response.headers["Location"]).content.decode()
    refused = client.post(reverse("training:dataset-deletion", args=[dataset.pk]))
    assert refused.status_code == 403
    assert "Delete the data set" not in client.get(page).content.decode()


def test_results_of_the_project_can_be_added_and_others_cannot(
    dataset: Dataset, make_run: Any, stranger: User
) -> None:
    mia, stored = dataset.user, Upload.objects.get()
    runs = {
        "colleague's": make_run(project=dataset.project, title="hers"),
        "own": make_run(user=mia, title="own"),
        "hidden": make_run(project=dataset.project, is_hidden=True, title="hidden"),
        "private": make_run(title="private"),
        "strange": make_run(user=stranger, title="strange"),
    }
    for number, run in enumerate(runs.values()):
        run.artifacts.create(
            position=0, path="/images/0", kind="image", url="https://v3.fal.media/a.png",
            state="stored", file=stored.file, digest=f"{number}" * 64, content_type="image/png",
            size_bytes=9,
        )  # fmt: skip
    chosen = [f"/runs/{run.pk}/artifacts/0/" for run in runs.values()]
    address = reverse("training:dataset-results", args=[dataset.pk])
    browser(dataset.project, "maker").post(address, {"result": chosen})
    dataset.refresh_from_db()
    assert [file["caption"] for file in dataset.files] == ["", "hers", "own"]
    assert {upload.project for upload in Upload.objects.all()} == {dataset.project}


def test_files_added_to_an_open_data_set_are_open(dataset: Dataset) -> None:
    Project.objects.update(hides_new_runs=True)
    files = {"files": [png("b.png", "blue")]}
    address = reverse("training:dataset-files", args=[dataset.pk])
    browser(dataset.project, "manager").post(address, files)
    assert not Upload.objects.filter(is_hidden=True).exists()


def test_weights_are_named_by_makers_and_used_by_all(
    weights: Weights, taker: Endpoint, make_run: Any
) -> None:
    viewer, page = browser(weights.project, "viewer"), weights.get_absolute_url()
    make_run(
        endpoint=taker, project=weights.project, title="sampled", state="succeeded",
        arguments={"loras": [{"path": weights.address}]},
    )  # fmt: skip
    make_run(
        endpoint=taker, title="elsewhere", state="succeeded",
        arguments={"loras": [{"path": weights.address}]},
    )  # fmt: skip
    html = viewer.get(page).content.decode()
    assert "sampled" in html
    assert "elsewhere" not in html
    assert "Foxes" in html
    assert "by mia" in html
    assert "Rename" not in html
    assert viewer.post(page, {"name": "Mine"}).status_code == 403
    assert "used by 1 run" in viewer.get(reverse("training:weights")).content.decode()
    assert browser(weights.project, "manager").post(page, {"name": "Ours"}).status_code == 302
    vera = member_with(weights.project, "viewer")
    assert names_of(vera.pk, [weights.address]) == {weights.address: "Ours"}


def test_weights_are_hidden_with_their_training(
    weights: Weights, dataset: Dataset, stranger: User
) -> None:
    assert not Dataset.objects.findable(stranger).exists()
    assert not Weights.objects.findable(stranger).exists()
    assert not names_of(stranger.pk, [weights.address])
    viewer = browser(dataset.project, "viewer")
    Run.objects.update(is_hidden=True)  # hiding the training's run also hides its weights
    assert viewer.get(weights.get_absolute_url()).status_code == 404
    assert "Foxes" not in viewer.get(reverse("training:weights")).content.decode()
    assert browser(dataset.project, "maker").get(weights.get_absolute_url()).status_code == 200
    Run.objects.update(is_hidden=False)
    Dataset.objects.update(is_hidden=True)
    assert viewer.get(dataset.get_absolute_url()).status_code == 404
    assert "data set" not in viewer.get(weights.get_absolute_url()).content.decode()


def test_a_training_elsewhere_does_not_name_the_data_set(
    dataset: Dataset, weights: Weights, trainer: Endpoint, make_run: Any
) -> None:
    upload = DatasetArchive.objects.get().upload
    run = make_run(
        user=dataset.user, endpoint=trainer, state="running",
        arguments={"images_data_url": upload.get_absolute_url()},
    )  # fmt: skip
    finish_training(run, "lora.safetensors")
    settling.settle(run.pk)
    assert Training.objects.get(run=run).dataset is None
    assert Weights.objects.get(training=run.pk).project == dataset.user.private_project


def test_the_lists_have_their_scope(dataset: Dataset, trainer: Endpoint, user: User) -> None:
    Dataset.objects.create(user=user, endpoint=trainer, name="Alone")
    Dataset.objects.create(user=user, endpoint=trainer, name="Ours", project=dataset.project)
    client, address = working_in(dataset.project, user), reverse("training:training")
    here = client.get(address).content.decode()
    assert [name in here for name in ("Foxes", "Ours", "Alone")] == [True, True, False]
    everywhere = client.get(f"{address}?scope=all").content.decode()
    assert [name in everywhere for name in ("Foxes", "Ours", "Alone")] == [False, True, True]
