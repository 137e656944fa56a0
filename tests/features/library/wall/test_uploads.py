"""Uploads on the wall: found by name, kind and date, deleted with an undo, the largest first."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from features.library.models import Series
from features.library.search.line import parse_line
from features.library.search.matching import matching, matching_uploads
from features.library.selection import Selection
from features.library.series import items
from projects.models import Project
from projects.models.project import private_project
from runs.files import storage_limits
from runs.models import Run, Upload
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db
WALL = "/runs/?q=is:upload"


def upload(
    user: User, name: str, kind: str = "image/png", project: Project | None = None, **values: Any
) -> Upload:
    defaults = {"digest": uuid4().hex * 2, "file": f"ab/{name}", "size_bytes": 10}
    return Upload.objects.create(
        user=user,
        project=project or private_project(user),
        file_name=name,
        content_type=kind,
        **(defaults | values),
    )


def names(page: Any) -> list[str]:
    """Return the names of the uploads on a page, in order."""
    return re.findall(r'aria-label="Select ([^"]+)"', page.content.decode())


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("is:upload", "Red fox.png, red song.wav, chair.glb, lora.safetensors"),
        ("is:upload red", "Red fox.png, red song.wav"),
        ('is:upload "red fox"', "Red fox.png"),
        ("is:upload red -fox", "red song.wav"),
        ("is:upload out:image", "Red fox.png"),
        ("is:upload -out:image -out:audio", "chair.glb, lora.safetensors"),
        ("is:upload before:today", "chair.glb"),
        ("is:upload by:sam", ""),
        ("is:upload is:used", "Red fox.png"),
        ("is:upload starred", ""),
        ("is:upload -model:flux red", "Red fox.png, red song.wav"),
    ],
)
def test_line_finds_uploads(user, stranger, make_run, line, found):
    fox = upload(user, "Red fox.png")
    upload(user, "red song.wav", "audio/wav")
    chair = upload(user, "chair.glb", "model/gltf-binary")
    upload(user, "lora.safetensors", "application/octet-stream")
    Upload.objects.filter(pk=chair.pk).update(created_at=timezone.now() - timedelta(days=3))
    make_run(arguments={"image_url": f"/uploads/{fox.pk}/a.png"}).input_files.create(source=fox.pk)
    uploads = matching_uploads(Upload.objects.kept(), parse_line(line), user)
    assert {row.file_name for row in uploads} == set(filter(None, found.split(", ")))
    assert not matching(Run.objects.all(), parse_line(line), user).exists()


def test_wall_shows_own_files_and_those_of_the_project(member, user):
    project = make_project("Fox", ana="viewer", sam="maker")
    sam = User.objects.get(username="sam")
    upload(user, "mine.png", width=300, height=200)
    upload(sam, "secret.png")
    upload(sam, "shared.png", project=project)
    upload(sam, "hidden.png", project=project, is_hidden=True)
    own = member.get(WALL)
    assert names(own) == ["mine.png"]
    assert 'data-shape="150"' in own.content.decode()
    shared = member.get(f"{WALL}&project={project.key}")
    assert names(shared) == ["shared.png"]
    assert "data-kept" in shared.content.decode()  # it is not theirs to delete
    facets = member.get(f"/runs/facets/?q=is:upload&project={project.key}").content.decode()
    assert "hidden" not in facets


def test_largest_files_come_first_where_the_quota_leads(member, user):
    project = make_project("Fox", ana="maker")
    upload(user, "small.png", size_bytes=10)
    upload(user, "large.png", size_bytes=3_000_000, project=project)
    upload(user, "medium.png", size_bytes=2_000_000)
    page = member.get(storage_limits.LARGEST_FILES)
    assert names(page) == ["large.png", "medium.png", "small.png"]


def test_deleted_uploads_are_brought_back_by_undo_or_from_the_list(member, user, stranger):
    rows = [upload(user, "a.png"), upload(user, "b.png")]
    foreign = upload(stranger, "foreign.png")
    posted = {"upload": [row.pk for row in (*rows, foreign)], "filters": "q=is:upload"}
    page = member.post("/uploads/deletion/", posted, follow=True)
    assert "2 uploads deleted" in page.content.decode()
    assert set(Upload.objects.kept()) == {foreign}
    at = re.search(r'name="at" value="([^"]+)"', page.content.decode())
    assert at is not None
    strangers = logged_in(stranger)
    strangers.post("/uploads/recovery/", {"at": at[1]})
    assert set(Upload.objects.kept()) == {foreign}
    member.post("/uploads/recovery/", {"at": at[1]})
    assert Upload.objects.kept().count() == 3
    member.post("/uploads/deletion/", {"upload": [row.pk for row in rows]})
    listed = f"{WALL} state:deleted"
    assert set(names(member.get(listed))) == {"a.png", "b.png"}
    assert names(strangers.get(listed)) == []
    member.post("/uploads/recovery/", {"upload": rows[0].pk})
    assert set(Upload.objects.kept()) == {foreign, rows[0]}


def test_series_finds_its_uploads_and_its_results(user, make_run):
    series = Series.objects.create(user=user, project=private_project(user), name="Spring")
    bottle, run, other = upload(user, "bottle.png"), make_run(), make_run()
    upload(user, "chair.png")
    items.add_uploads(user, series, [bottle])
    items.add(user, series, Selection({run.pk: None}))

    def found(line: str) -> tuple[set[str], set[Any]]:
        parsed = parse_line(line)
        uploads = matching_uploads(Upload.objects.kept(), parsed, user)
        return {row.file_name for row in uploads}, set(matching(Run.objects.all(), parsed, user))

    assert found("series:spring") == ({"bottle.png"}, {run})
    assert found("-series:spring") == ({"chair.png"}, {other})


def test_page_of_an_upload_says_what_used_it_and_deletes_it(member, user, make_run):
    row = upload(user, "bottle.png")
    page = f"/uploads/{row.pk}/uses/"
    assert "No run has used it yet." in member.get(page).content.decode()
    run = make_run(title="on a beach", arguments={"image_url": row.get_absolute_url()})
    html = member.get(page).content.decode()
    assert "on a beach" in html
    assert str(run.pk) in html
    assert f'value="{row.pk}"' in html
    member.post("/uploads/deletion/", {"upload": row.pk})
    assert member.get(page).status_code == 404
