"""Own files in a series: added with captions, shown, packed, downloaded, shared and kept."""

import html
import re
import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from features.library.models import Series, SeriesItem
from features.library.series import items
from features.sharing.models import ShareItem
from projects.models.project import private_project
from runs.files import uploads
from runs.models import Upload
from tests.features.library.series.conftest import picture_file, pictures_of
from tests.features.pages import read_text
from tests.projects.people import logged_in, make_project, person, working_in

pytestmark = pytest.mark.django_db


def captions_of(series: Series) -> dict[str, str]:
    return dict(items.items_of(series).values_list("file_name", "caption"))


def test_files_are_added_with_the_texts_beside_them(member, make_series):
    series = make_series("cats", 0, mention="")
    files = [
        picture_file(1, "Cat.PNG"),
        SimpleUploadedFile("cat.txt", "a cat,\nfür dich".encode("utf-8-sig"), "text/plain"),
        picture_file(2, "dog.png"),
        SimpleUploadedFile("notes.txt", b"for nothing", "text/plain"),
        SimpleUploadedFile("empty.png", b"", "image/png"),
    ]
    address = f"/series/{series.pk}/files/"
    answer = member.post(address, {"files": files}, follow=True)
    assert captions_of(series) == {
        "Cat.PNG": "a cat,\nfür dich",
        "dog.png": "",
        "notes.txt": "",
    }
    page = html.unescape(answer.content.decode())
    assert "empty.png is empty" in page
    assert "a cat," in page


def test_captions_are_edited_without_undoing_anothers(member, make_series):
    series = make_series("cats", 2)
    first, second = items.items_of(series)
    address = f"/series/{series.pk}/captions/"
    page = read_text(member, address)
    assert first.file_name in page
    SeriesItem.objects.filter(pk=second.pk).update(caption="of another")
    posted = {
        f"caption.{first.pk}": "a cat",
        f"initial-caption.{first.pk}": "",
        f"caption.{second.pk}": "",
        f"initial-caption.{second.pk}": "",
    }
    assert member.post(address, posted).status_code == 302
    assert [row.caption for row in items.items_of(series)] == ["a cat", "of another"]
    too_long = member.post(address, posted | {f"caption.{first.pk}": "x" * 4001})
    assert too_long.status_code == 422
    assert "Keep it to 4000 characters" in too_long.content.decode()


def test_an_upload_of_elsewhere_is_added_as_ones_own_of_the_project(user, make_series):
    team = make_project("Team", **{user.username: "maker", "mia": "maker"})
    mia = person("mia")
    shared = uploads.store(user.pk, picture_file(1), "image", project=team)
    private = uploads.store(user.pk, picture_file(2), "image", project=private_project(user))
    series = make_series("cats", 0, user=mia, project=team)
    posted = {"upload": [shared.pk, private.pk], "series": str(series.pk)}
    answer = working_in(team, mia).post("/series/additions/", posted, follow=True)
    page = html.unescape(answer.content.decode())
    assert "1 file is in the series “cats”" in page
    assert "1 stays as it is: it is gone, or not yours to change" in page
    (address,) = pictures_of(series)
    assert logged_in(person("mia")).get(address).getvalue()
    assert not pictures_of(series)[0].count(str(private.pk))


def test_a_download_and_a_share_have_each_file_once(member, user, make_series):
    series = make_series("cats", 2)
    page = member.get(series.get_absolute_url()).content.decode()
    keys = re.findall(r'name="upload"\s+value="([^"]+)"', page)
    archive = member.post("/runs/archives/", {"upload": [*keys, keys[0]]})
    with zipfile.ZipFile(BytesIO(archive.getvalue())) as packed:
        names = packed.namelist()
        assert packed.testzip() is None
    assert len(names) == len({*names}) == 3
    assert "recipes.json" in names
    answer = member.post(
        "/shares/", {"kind": "series", "source": str(series.pk), "for_whom": "link"}, follow=True
    )
    (address,) = re.findall(r'data-share\s+href="([^"]+)"', answer.content.decode())
    assert ShareItem.objects.filter(upload__isnull=False).count() == 2
    shown = Client().get(address).content.decode()
    for number in (1, 2):
        assert f"{address}files/{number}/" in shown
        assert Client().get(f"{address}files/{number}/").getvalue()


def test_an_upload_in_a_series_is_kept(make_series):
    from runs.files import input_references

    series = make_series("cats", 1)
    (upload,) = Upload.objects.all()
    assert upload.pk in input_references.named_elsewhere()
    series.delete()
    assert upload.pk not in input_references.named_elsewhere()
