"""The pages that make, fill, change, delete and restore references."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from features.library.models import Reference, ReferenceVersion
from runs.models import Artifact, Upload
from tests.features.library.references.conftest import MakeReference, picture_file
from tests.projects.people import logged_in, make_project, person, working_in
from tests.tables import each_row

pytestmark = pytest.mark.django_db


def read_page(client: Client, address: str, **query: str) -> str:
    return html.unescape(client.get(address, query).content.decode())


def make(client: Client, **typed: Any) -> Any:
    return client.post("/references/new/", {"name": "bottle", "files": [picture_file()]} | typed)


def numbers(reference: Reference) -> list[int]:
    return [version.number for version in reference.versions.all()]


def is_served(client: Client, address: str) -> bool:
    answer = client.get(address)
    return answer.status_code == 200 and bool(answer.getvalue())


def begin_sitting(reference: Reference) -> None:
    """Age the last change, so that the next one begins a new version."""
    ReferenceVersion.objects.filter(reference=reference).update(
        made_at=timezone.now() - timedelta(hours=1)
    )


def test_a_reference_is_made_listed_and_changed(member: Client, user: User) -> None:
    assert "No references yet" in read_page(member, "/references/")
    answer = make(member, name="@Bottle", files=[picture_file(n) for n in range(3)], kind="product")
    reference = Reference.objects.get()
    assert answer.headers["location"] == reference.get_absolute_url()
    assert (reference.name, reference.key, len(reference.pictures)) == ("Bottle", "bottle", 3)
    page = read_page(member, "/references/")
    assert "@Bottle" in page
    assert f'src="{reference.cover}"' in page
    form = f"/references/{reference.pk}/form/"
    member.post(form, {"name": "Bottle", "kind": "look", "description": "an amber bottle"})
    reference.refresh_from_db()
    assert (reference.kind, reference.description) == ("look", "an amber bottle")
    assert len(reference.pictures) == 3
    assert "an amber bottle" in read_page(member, reference.get_absolute_url())


@each_row(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Give it a name, such as “bottle”"),
        ({"name": "the bottle"}, "has no spaces. Try “brand-bottle”."),
        ({"name": "🍾"}, "A name has letters, digits, - and _"),
        ({"name": "2x"}, "begins with a letter"),
        ({"name": "me"}, "“@me” stands for yourself"),
        ({"name": "b" * 41}, "Keep it to 40 characters: this has 41."),
        ({"description": "x" * 2001}, "Keep it to 2000 characters: this has 2001."),
        ({"files": []}, "Choose at least one picture, or describe it."),
        ({"files": [SimpleUploadedFile("note.txt", b"hello", "text/plain")]},
         "note.txt is not a picture. Choose a PNG, JPEG or WebP."),
        ({"files": [SimpleUploadedFile("cut.png", b"\x89PNG\r\n\x1a\nrest", "image/png")]},
         "cut.png is a damaged picture."),
        ({"lora": "/runs/00000000-0000-4000-8000-000000000000/artifacts/0/"}, "weights no longer"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_beside_its_field_and_nothing_is_saved(
    member: Client, typed: dict[str, Any], sentence: str
) -> None:
    answer = make(member, **typed)
    assert answer.status_code == 422
    assert sentence in html.unescape(answer.content.decode())
    assert not Reference.objects.exists()


def test_a_name_is_taken_without_regard_to_case(
    member: Client, make_reference: MakeReference
) -> None:
    bottle, mug = make_reference("bottle", 1), make_reference("mug", 1)
    answer = make(member, name="BOTTLE")
    assert answer.status_code == 422
    assert "There is an @BOTTLE here already." in html.unescape(answer.content.decode())
    answer = member.post(f"/references/{mug.pk}/form/", {"name": "Bottle"})
    assert answer.status_code == 422
    bottle.delete_by(bottle.user)
    assert make(member, name="bottle").status_code == 302
    answer = member.post(f"/undo/reference/{bottle.pk}/", follow=True)
    assert "There is an @bottle here already." in html.unescape(answer.content.decode())


def test_pictures_are_added_moved_and_removed(
    member: Client, make_reference: MakeReference
) -> None:
    reference = make_reference(number=3)
    first, second, third = reference.pictures
    page = f"/references/{reference.pk}/pictures/"

    def after(**post: Any) -> list[str]:
        member.post(page, {name.replace("do", "~do"): value for name, value in post.items()})
        reference.refresh_from_db()
        return list(reference.pictures)

    assert after(do=f"on:{first}") == [second, first, third]
    assert after(do=f"back:{third}") == [second, third, first]
    assert after(do="order:", picture=[first, second, third]) == [first, second, third]
    assert after(do="order:", picture=[first, second]) == [first, second, third]
    assert after(do=f"remove:{second}") == [first, third]
    assert after(do="remove:/nothing") == [first, third]
    assert after(do="add", files=[picture_file(201)])[:2] == [first, third]
    assert len(reference.pictures) == 3
    assert "No picture arrived" in html.unescape(
        member.post(page, {"~do": "add"}, follow=True).content.decode()
    )


def test_a_result_becomes_a_picture_that_outlives_its_run(
    member: Client, make_run: Any, user: User, make_reference: MakeReference
) -> None:
    source = Upload.objects.get(pk=make_reference("other", 1).cover.split("/")[2])
    run = make_run(state="succeeded")
    Artifact.objects.create(
        run=run, position=0, path="images[0]", kind="image", state="stored", file=source.file,
        digest="f" * 64, content_type="image/png", size_bytes=9, url="https://v3.fal.media/a.png",
    )  # fmt: skip
    name = f"{run.pk}/0"
    page = read_page(member, "/references/new/", artifact=name)
    assert f"/runs/{run.pk}/artifacts/0/" in page
    assert "Add to an existing reference" in page
    make(member, files=[], artifact=name)
    reference = Reference.objects.get(key="bottle")
    (address,) = reference.pictures
    assert address.startswith("/uploads/")
    other = Reference.objects.get(key="other")
    member.post("/references/additions/", {"artifact": name, "reference": other.pk})
    other.refresh_from_db()
    assert other.pictures[1:] == [address]
    run.delete()
    assert is_served(member, address)


def test_a_picture_that_is_no_result_of_ones_own_is_refused(
    member: Client, stranger: User, make_run: Any
) -> None:
    run = make_run(user=stranger, state="succeeded")
    Artifact.objects.create(run=run, position=0, path="x", kind="image", url="https://x.test/a")
    answer = make(member, files=[], artifact=f"{run.pk}/0")
    assert answer.status_code == 422
    assert "That picture no longer exists, or it is not shared with you." in html.unescape(
        answer.content.decode()
    )


def test_versions_say_what_changed_and_come_back(
    member: Client, make_reference: MakeReference
) -> None:
    reference = make_reference(number=2)
    first, second = reference.pictures
    begin_sitting(reference)
    member.post(f"/references/{reference.pk}/pictures/", {"~do": f"remove:{first}"})
    member.post(f"/references/{reference.pk}/form/", {"name": "bottle", "description": "green"})
    # both changes happened within one sitting, so they are one version
    assert numbers(reference) == [2, 1]
    page = read_page(member, reference.get_absolute_url())
    assert "1 picture removed, description" in page
    member.post(f"/references/{reference.pk}/versions/1/recovery/")
    reference.refresh_from_db()
    assert reference.pictures == [first, second]
    assert reference.description == "an amber bottle"
    assert numbers(reference) == [3, 2, 1]


def test_members_share_a_projects_references_and_private_ones_come_second(
    user: User, make_reference: MakeReference
) -> None:
    project = make_project("Acme", ana="manager", mia="maker")
    mia = person("mia")
    make_reference("bottle", 1, project=project)
    hidden = make_reference("secret", 1, project=project, is_hidden=True)
    own = make_reference("bottle", 1, user=mia)
    client = working_in(project, mia)
    page = read_page(client, "/references/")
    assert "@bottle" in page
    assert "@secret" not in page
    assert client.get(hidden.get_absolute_url()).status_code == 404
    offered = read_page(client, "/references/offered/", q="bott")
    assert offered.index('data-mention="@bottle"') < offered.index('data-mention="@me/bottle"')
    assert "secret" not in offered
    assert client.get("/references/cover/", {"name": "@me/bottle"}).headers["location"] == own.cover
    # A name is free for users who cannot see the reference that has it.
    assert make(client, name="secret").status_code == 302


def test_pictures_go_along_to_another_project_and_its_members_see_them(
    member: Client, user: User, make_reference: MakeReference
) -> None:
    project = make_project("Acme", ana="manager", mia="maker")
    mia = person("mia")
    reference = make_reference("bottle", 2)
    answer = member.post("/moves/", {"reference": str(reference.pk), "target": "acme"})
    assert answer.status_code == 302, answer.content.decode()
    reference.refresh_from_db()
    assert reference.project == project
    assert is_served(logged_in(mia), reference.cover)


def test_the_twenty_first_picture_is_left_out_and_that_is_said(member: Client) -> None:
    answer = member.post(
        "/references/new/",
        {"name": "bottle", "files": [picture_file(n) for n in range(21)]},
        follow=True,
    )
    assert len(Reference.objects.get().pictures) == 20
    page = html.unescape(answer.content.decode())
    assert "1 picture was left out: a reference has at most 20." in page
    assert "at most 20 pictures." in page
