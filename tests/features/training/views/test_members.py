"""Data sets in a shared project: which members see, change and delete them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.models import Endpoint
from features.training.models import Dataset
from projects.models import Membership, Project
from runs.models import Upload
from tests.features.training.views.test_journey import png
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


def browser(project: Project, role: str) -> Client:
    return working_in(project, member_with(project, role))


def test_everything_of_a_data_set_lives_in_its_project(dataset: Dataset) -> None:
    assert {row.project for row in (dataset, *Upload.objects.all())} == {dataset.project}
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
    begun = viewer.post(
        reverse("training:new"), {"model": dataset.endpoint.endpoint_id, "name": "Hens"}
    )
    assert begun.status_code == 403  # what is begun has no row in the tables of tests/accounts
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


def test_the_lists_have_their_scope(dataset: Dataset, trainer: Endpoint, user: User) -> None:
    Dataset.objects.create(user=user, endpoint=trainer, name="Alone")
    Dataset.objects.create(user=user, endpoint=trainer, name="Ours", project=dataset.project)
    client, address = working_in(dataset.project, user), reverse("training:training")
    here = client.get(address).content.decode()
    assert [name in here for name in ("Foxes", "Ours", "Alone")] == [True, True, False]
    everywhere = client.get(f"{address}?scope=all").content.decode()
    assert [name in everywhere for name in ("Foxes", "Ours", "Alone")] == [False, True, True]
