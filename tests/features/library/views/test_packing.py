"""A series, or selected results, become the ZIP for a trainer's field, with captions."""

import zipfile
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client

from features.library.models import Series
from features.library.selection import Selection
from features.library.series import items
from projects.models.project import private_project
from runs.models import Artifact, Run, Upload
from tests.features.library.test_archives import add_file
from tests.projects.people import logged_in, make_project, working_in
from tests.schemas.uses.trainers import TRAINERS

pytestmark = pytest.mark.django_db
TRAINER, PAIRS = "fal-ai/flux-lora-fast-training", "fal-ai/flux-2-trainer/edit"
FIELD = "?field=images_data_url"
ADDRESS = f"/series/packing/{TRAINER}/{FIELD}"
JSON = {"accept": "application/json"}


@pytest.fixture(autouse=True)
def models(make_endpoint: Any, documents: Any) -> None:
    make_endpoint("fal-ai/flux/dev", documents["fal-ai/flux/dev"])
    for name in (TRAINER, PAIRS):
        make_endpoint(name, TRAINERS[name])


@pytest.fixture
def fox(user: User, make_run: Any) -> Series:
    """A series of a lost picture, two pictures with prompts, one of them twice, a film, a text."""
    runs = [
        make_run(state="succeeded", arguments={"prompt": f"a fox {number}, \nfür dich"})
        for number in range(5)
    ]
    for run, content in zip(
        runs[:4], (b"lost", b"picture 0", b"picture 1", b"picture 0"), strict=True
    ):
        add_file(run, content=content)
    default_storage.delete(Artifact.objects.get(run=runs[0]).file)
    add_file(runs[1], 1, kind="video", content_type="video/mp4")
    series: Series = Series.objects.create(user=user, project=private_project(user), name="Fox/set")
    items.add(user, series, Selection(dict.fromkeys(run.pk for run in runs)))
    return series


def pack(client: Client, address: str = ADDRESS, status: int = 200, **posted: Any) -> Any:
    answer = client.post(address, posted, headers=JSON)
    assert answer.status_code == status, answer.content
    return answer.json() if "json" in answer.headers["Content-Type"] else {}


def files_of(address: str) -> dict[str, bytes]:
    upload = Upload.objects.get(pk=address.split("/")[2])
    with default_storage.open(upload.file) as file, zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_series_or_results_are_packed_with_captions_once(member, fox):
    packed = pack(member, series=str(fox.pk))
    files = files_of(packed["url"])
    assert [*files] == ["001.png", "002.png", "001.txt", "002.txt"]
    assert files["001.png"].endswith(b"picture 0")
    assert files["001.txt"].decode() == "a fox 1, \nfür dich"
    assert packed["name"] == "set.zip"
    assert packed["report"].endswith(
        ", with 2 captions. Left out: 2 of another kind; 1 the same as another one; 1 no longer "
        "there, or not yours to see. The model recommends at least 4."
    )
    assert pack(member, series=str(fox.pk)) == packed
    assert Upload.objects.get().content_type == "application/zip"
    runs = [str(key) for key in items.items_of(fox).values_list("run_id", flat=True)]
    packed = pack(member, artifact=[f"{runs[3]}/0", f"{runs[1]}/0"])
    assert packed["name"] == "2 files.zip"
    assert files_of(packed["url"])["001.txt"].startswith(b"a fox 2")


def test_without_script_the_list_leads_back_to_the_form(member, fox):
    posted = {"~field": "images_data_url", "trigger_word": "emberglow"}
    listed = member.post(f"/forms/series/{TRAINER}/", posted, follow=True)
    query = f"for={TRAINER}&amp;field=images_data_url".replace("/", "%2F")
    assert f"{query}&amp;project=private" in listed.content.decode()
    form = member.post(ADDRESS, {"series": str(fox.pk)}, follow=True)
    page = form.content.decode()
    assert "with 2 captions" in page
    assert "“Images data” now holds the archive “set.zip”." in page
    assert Upload.objects.get().get_absolute_url() in page
    assert "emberglow" in page


def test_what_cannot_be_packed_is_refused(member, user, fox):
    empty = Series.objects.create(user=user, project=private_project(user), name="Empty")
    why = pack(member, series=str(empty.pk), status=422)["error"]
    assert why == (
        "There is nothing to pack. This field takes pictures: choose a series that has some."
    )
    pairs = f"/series/packing/{PAIRS}/?field=image_data_url"
    why_no_pairs = pack(member, pairs, series=str(fox.pk), status=422)["error"]
    assert "without the other half of their pair: name them cat_start.png" in why_no_pairs
    assert "Nothing is selected" in pack(member, status=422)["error"]
    page = member.post(ADDRESS, {"series": str(empty.pk)})
    assert page.status_code == 422
    assert why in page.content.decode()
    assert not Upload.objects.exists()


def test_only_what_the_project_shows_is_packed(member, user, stranger, fox, make_run):
    project = make_project("Acme", ana="manager", ben="viewer")
    ana, ben = (User.objects.get(username=name) for name in ("ana", "ben"))
    run = make_run(user=ana, project=project, state="succeeded")
    add_file(run)
    pack(logged_in(stranger), series=str(fox.pk), status=404)
    here = f"{ADDRESS}&project={project.slug}"
    pack(working_in(project, ana), here, series=str(fox.pk), status=404)
    private = items.items_of(fox)[0].run_id
    for artifact in ([f"{private}/0"], [f"{run.pk}/0", f"{private}/0"]):
        pack(working_in(project, ana), here, artifact=artifact, status=404)
    pack(working_in(project, ben), here, artifact=[f"{run.pk}/0"], status=403)
    pack(member, f"/series/packing/{TRAINER}/?field=steps", series=str(fox.pk), status=404)
    assert not Upload.objects.exists()
    pack(working_in(project, ana), here, artifact=[f"{run.pk}/0"])
    upload = Upload.objects.get()
    assert (upload.project, upload.is_hidden) == (project, False)
    Run.objects.filter(pk=run.pk).update(is_hidden=True)
    pack(working_in(project, ana), here, artifact=[f"{run.pk}/0"])
    upload.refresh_from_db()
    assert upload.is_hidden
