"""The picker: one dialog with results, uploads and series, and what a series has for a field."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.library.models import Series
from features.library.selection import Selection
from features.library.series import items
from projects.models.project import private_project
from runs.models import Upload
from tests.features.library.test_archives import add_file
from tests.features.library.wall.test_uploads import upload
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
CHOICES = "/uploads/choices/?kind=image"


@pytest.fixture
def spring(user: User, make_run: Any) -> Series:
    """A series of an upload, a picture, a sound and a film, in this order."""
    series = Series.objects.create(user=user, project=private_project(user), name="Spring")
    items.add_uploads(user, series, [upload(user, "bottle.png")])
    for kind in ("image", "video"):
        run = make_run(state="succeeded", title=f"a {kind}")
        artifact = add_file(run)
        type(artifact).objects.filter(pk=artifact.pk).update(kind=kind)
        items.add(user, series, Selection({run.pk: None}))
    items.add_uploads(user, series, [upload(user, "song.wav", "audio/wav")])
    return series


def offered(client: Client, query: str) -> list[str]:
    """Return the names of the offered files, in order."""
    return [choice.name for choice in client.get(f"{CHOICES}&{query}").context["choices"].found]


def test_series_opens_to_what_fits_the_field(member, spring):
    assert offered(member, "from=series") == ["Spring"]
    assert offered(member, "from=series&q=spr") == ["Spring"]
    assert offered(member, "from=series&q=autumn") == []
    assert offered(member, f"from=series&series={spring.pk}") == ["bottle.png", "a image"]
    sounds = member.get(f"/uploads/choices/?kind=audio&from=series&series={spring.pk}")
    assert [choice.name for choice in sounds.context["choices"].found] == ["song.wav"]
    Upload.objects.filter(file_name="bottle.png").update(deleted_at="2026-12-01T00:00Z")
    assert offered(member, f"from=series&series={spring.pk}") == ["a image"]


def test_series_of_others_is_not_opened(spring, stranger):
    client = Client()
    client.force_login(stranger)
    page = client.get(f"{CHOICES}&from=series&series={spring.pk}")
    assert page.context["choices"].found == []
    assert "Spring" not in page.content.decode()


def test_uploads_of_a_project_are_offered_to_its_members(member, user):
    project = make_project("Fox", ana="maker", sam="maker")
    sam = User.objects.get(username="sam")
    upload(sam, "shared.png", project=project)
    upload(sam, "hidden.png", project=project, is_hidden=True)
    upload(sam, "private.png")
    assert offered(member, f"from=uploads&project={project.key}") == ["shared.png"]
    assert offered(member, "from=uploads&project=private") == []
