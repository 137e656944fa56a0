"""Uploads and presets in projects: which members read, find and change them."""

import hashlib
import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from catalog.models import Endpoint
from projects.models import Membership, Project
from projects.models.project import private_project
from runs.files import input_references, storage_limits, stored_files
from runs.models import Artifact, Preset, Run, Upload
from tests.playground.projects.people import signed_in
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
CONTENT = b"a few words"


@pytest.fixture
def acme(user: User, stranger: User, settings: Any, tmp_path: Any) -> Project:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return make_project("Acme", ana="manager", ben="maker", cleo="viewer")


def upload(name: str, project: str) -> Upload:
    """Upload the file as this person, to the project with this slug."""
    posted = {"file": SimpleUploadedFile("a.txt", CONTENT), "kind": "file"}
    answer = signed_in(name).post(f"/uploads/?project={project}", posted)
    assert answer.status_code == 200
    return Upload.objects.get(pk=answer.json()["url"].split("/")[2])


def readers(row: Upload) -> list[str]:
    """Return the people who may read the upload."""
    return [name for name in ("ana", "ben", "cleo", "sam") if row.is_readable_by(person(name))]


def test_the_same_content_is_a_row_of_each_project_and_counts_once(acme):
    first, second = upload("ben", "acme"), upload("ben", "private")
    assert first.pk != second.pk
    assert first.file == second.file
    assert (first.project, second.project) == (acme, private_project(person("ben")))
    assert upload("ben", "acme").pk == first.pk
    assert storage_limits.used_bytes(person("ben").pk) == len(CONTENT)


def test_known_content_is_not_sent_again_to_another_project(acme):
    first = upload("ben", "private")
    known = {"digest": hashlib.sha256(CONTENT).hexdigest(), "name": "a.txt"}
    known["size_bytes"] = str(len(CONTENT))
    answer = signed_in("ben").post("/uploads/known/?project=acme", known)
    row = Upload.objects.get(pk=answer.json()["url"].split("/")[2])
    assert (row.project, row.file) == (acme, first.file)
    assert signed_in("ana").post("/uploads/known/?project=acme", known).status_code == 204


def test_members_read_an_upload_until_it_is_hidden(acme):
    row = upload("ben", "acme")
    assert readers(row) == ["ana", "ben", "cleo"]
    row.is_hidden = True
    row.save()
    assert readers(row) == ["ben"]
    Membership.objects.filter(project=acme, user=person("ben")).delete()
    assert readers(row) == []
    assert readers(upload("ben", "private")) == ["ben"]


@pytest.mark.parametrize("is_read", [True, False])
def test_who_sees_a_run_reads_its_files(acme, make_run, is_read):
    row = upload("ben", "private")
    run = make_run(
        user=person("ben"), project=acme, arguments={"image_url": row.get_absolute_url()}
    )
    if is_read:
        input_references.read_unread()
    assert readers(row) == ["ana", "ben", "cleo"]
    Run.objects.filter(pk=run.pk).update(is_hidden=True)
    assert readers(row) == ["ben"]


def test_typing_an_address_opens_no_file(acme, make_run):
    row = upload("ben", "private")
    run = make_run(user=person("sam"), arguments={"image_url": row.get_absolute_url()})
    assert readers(row) == ["ben"]
    # The worker records sent arguments after it has checked that the run's user may read the file.
    Run.objects.filter(pk=run.pk).update(sent_arguments={"image_url": "https://v3.fal.media/a"})
    assert readers(row) == ["ben", "sam"]


SENT = {"image_url": "https://v3.fal.media/a"}


@pytest.fixture
def private(acme: Project, make_run: Any) -> Run:
    """A private run of Ben's with two results."""
    run: Run = make_run(user=person("ben"), state="succeeded", output={}, title="a secret")
    for position in (0, 1):
        file = stored_files.store(io.BytesIO(b"GIF89a %d" % position), "image/gif")
        run.artifacts.create(
            position=position, path="image", kind="image", url="https://v3.fal.media/a",
            state=Artifact.State.STORED, file=file.name, content_type="image/gif",
        )  # fmt: skip
    return run


def people_who_open(run: Run, position: int = 0) -> list[str]:
    """Return the people who get a result of the run from its address."""
    address = run.artifacts.get(position=position).get_absolute_url()
    names = ("ana", "ben", "cleo", "sam")
    return [name for name in names if signed_in(name).head(address).status_code == 200]


@pytest.mark.both_databases
@pytest.mark.parametrize("is_read", [True, False])
@pytest.mark.parametrize("is_deleted", [True, False])
def test_who_sees_a_run_reads_the_results_among_its_inputs_and_nothing_else_of_theirs(
    acme, private, make_run, is_read, is_deleted
):
    inputs = {"image_url": private.artifacts.get(position=0).get_absolute_url()}
    using = make_run(user=person("ben"), project=acme, arguments=inputs, sent_arguments=SENT)
    if is_read:
        input_references.read_unread()
    if is_deleted:
        Run.objects.filter(pk=private.pk).update(deleted_at=timezone.now())
    assert people_who_open(private) == ["ana", "ben", "cleo"]
    assert people_who_open(private, 1) == ["ben"]
    ana = signed_in("ana")
    assert ana.get(private.get_absolute_url()).status_code == 404
    answer = ana.head(inputs["image_url"])
    assert "secret" not in answer["Content-Disposition"]
    Run.objects.filter(pk=using.pk).update(is_hidden=True)
    assert people_who_open(private) == ["ben"]
    Run.objects.filter(pk=using.pk).update(is_hidden=False, deleted_at=timezone.now())
    assert people_who_open(private) == ["ben"]


def test_typing_the_address_of_a_result_opens_nothing(acme, private, make_run):
    inputs = {"image_url": private.artifacts.get(position=0).get_absolute_url()}
    make_run(user=person("sam"), arguments=inputs)
    assert people_who_open(private) == ["ben"]
    theirs = make_run(user=person("ben"), arguments=inputs)
    Run.objects.filter(pk=private.pk).update(project=acme)
    Membership.objects.filter(project=acme, user=person("ben")).delete()
    assert people_who_open(private) == ["ana", "cleo"], "typed by who made it, and has left since"
    Run.objects.filter(pk=theirs.pk).update(sent_arguments=SENT)
    assert people_who_open(private) == ["ana", "ben", "cleo"]


def test_what_can_be_picked_is_of_the_project(acme):
    upload("ben", "acme")
    ben = signed_in("ben")
    address = "/uploads/choices/?from=uploads&kind=file&project="
    assert "a.txt" in ben.get(f"{address}acme").content.decode()
    assert "a.txt" not in ben.get(f"{address}private").content.decode()


def save(name: str, endpoint: Endpoint, project: str, **posted: str) -> Preset:
    values = {"name": "foggy", "arguments": '{"prompt": "fog"}', **posted}
    address = f"/presets/of/{endpoint.endpoint_id}/?project={project}"
    assert signed_in(name).post(address, values).status_code == 302
    return Preset.objects.latest("pk")


def is_offered(name: str, endpoint: Endpoint, project: str) -> bool:
    """Return whether the list of presets in the project has it."""
    address = f"/presets/of/{endpoint.endpoint_id}/?project={project}"
    return "foggy" in signed_in(name).get(address).content.decode()


def test_a_preset_is_for_me_the_members_or_everybody(flux, acme):
    preset = save("ben", flux, "acme", used_by="me")
    assert (preset.project, preset.is_hidden) == (acme, True)
    assert [is_offered(name, flux, "acme") for name in ("ben", "ana")] == [True, False]
    change = f"/presets/{preset.pk}/"
    assert signed_in("ana").post(change, {"name": "mine"}).status_code == 404
    signed_in("ben").post(change, {"name": "foggy", "used_by": "members"})
    assert [is_offered(name, flux, "acme") for name in ("ana", "cleo")] == [True, True]
    assert not is_offered("ana", flux, "private")
    assert not is_offered("sam", flux, "private")
    signed_in("ben").post(change, {"name": "foggy", "used_by": "house"})
    assert is_offered("sam", flux, "private")


def test_ones_private_presets_are_offered_in_a_project(flux, acme):
    save("ben", flux, "private")
    assert [is_offered("ben", flux, "acme"), is_offered("ana", flux, "acme")] == [True, False]
    save("ben", flux, "acme")  # another preset of the same name
    assert Preset.objects.count() == 2


def test_makers_change_presets_but_do_not_open_the_files_of_others(flux, acme):
    preset = save("ben", flux, "acme", used_by="members")
    dan = Membership.objects.create(project=acme, user=person("dan"), role="maker").user
    signed_in(dan.username).post(f"/presets/{preset.pk}/", {"name": "mist", "used_by": "house"})
    preset.refresh_from_db()
    assert (preset.name, preset.is_shared) == ("mist", False), "only Ben opens his files to all"


def test_staff_see_no_private_presets_of_others(flux, acme):
    preset = save("ben", flux, "private")
    User.objects.filter(username="sam").update(is_staff=True)
    assert not Preset.objects.readable_by(person("sam")).exists()
    assert not Preset.objects.editable_by(person("sam")).exists()
    Preset.objects.filter(pk=preset.pk).update(is_shared=True)
    assert Preset.objects.editable_by(person("sam")).exists()
