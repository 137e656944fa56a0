"""Uploads: stored once, private, refused with a reason, and offered again later."""

import hashlib
import io
import unicodedata
import zipfile
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from core.file_names import clean_name
from runs.files import archive_uploads, content_types
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import Artifact, Run, Upload
from tests.conftest import grant
from tests.projects.people import make_project

HEIC = b"\0\0\0\x18ftyp%b" + b"\0" * 40


WAV = b"RIFF\0\0\0\0WAVEfmt " + b"\0" * 40


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def png(colour: str = "teal") -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(picture, "PNG")
    return picture.getvalue()


def give(browser: Client, name: str, data: bytes, kind: str = "", claimed: str = "") -> Any:
    file = SimpleUploadedFile(name, data, claimed or "application/octet-stream")
    return browser.post("/uploads/", {"file": file, "kind": kind})


def post_known(browser: Client, data: bytes, **other: Any) -> Any:
    digest = hashlib.sha256(data).hexdigest()
    question = {"digest": digest, "size_bytes": len(data), "name": "a.png"}
    return browser.post("/uploads/known/", question | other)


def test_equal_content_is_one_upload_and_is_not_sent_again(member):
    data = png()
    assert post_known(member, data).status_code == 204
    first = give(member, "a.png", data, "image").json()
    other = give(member, "other name.png", data, "image").json()
    assert other["url"].rpartition("/")[0] == first["url"].rpartition("/")[0]
    assert other["name"] == "other name.png"
    assert post_known(member, data).json() == first
    assert Upload.objects.count() == 1


@pytest.fixture
def full(settings: Any, tmp_path: Path) -> None:
    """A storage that accepts nothing: its folder's path is a file."""
    (tmp_path / "full").write_bytes(b"")
    settings.MEDIA_ROOT = str(tmp_path / "full")


def test_a_storage_that_cannot_be_written_says_what_to_do(member, full, caplog):
    answer = give(member, "a.png", png(), "image")
    assert answer.status_code == 507
    assert answer.json()["error"].startswith("a.png could not be kept")
    assert "Try again later" in answer.json()["error"]
    ours = [entry for entry in caplog.records if entry.name.startswith("runs.")]
    assert [entry.levelname for entry in ours] == ["ERROR"]
    assert not Upload.objects.exists()


def test_a_form_whose_file_could_not_be_stored_keeps_its_values(
    member, full, make_endpoint, documents
):
    endpoint_id = "fal-ai/pixverse/v5.6/image-to-video"
    make_endpoint(endpoint_id, documents[endpoint_id])
    file = SimpleUploadedFile("a.png", png(), "image/png")
    answer = member.post(
        f"/models/{endpoint_id}/", {"prompt": "typed with care", "image_url~file": file}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "typed with care" in page
    field = page.partition('data-field="image_url"')[2].partition("data-field=")[0]
    assert "a.png could not be kept" in field
    assert not Run.objects.exists()


def test_another_persons_file_is_not_revealed(member, stranger):
    data = png()
    address = give(member, "a.png", data).json()["url"]
    other = Client()
    other.force_login(stranger)
    assert post_known(other, data).status_code == 204
    assert other.get(address).status_code == 404
    assert other.get("/uploads/choices/?kind=image&from=uploads").context["choices"].found == []
    grant(stranger, "playground.view_run")
    assert other.get(address).status_code == 404  # `view_run` opens no private work
    assert post_known(other, data).status_code == 204
    project = make_project("Fox", ana="manager")
    Upload.objects.update(project=project)
    assert b"".join(other.get(address).streaming_content) == data  # type: ignore[attr-defined]
    # the right to look does not make the file theirs
    assert post_known(other, data).status_code == 204


def test_a_file_that_the_storage_lost_has_to_be_sent_again(member, tmp_path):
    data = png()
    address = give(member, "a.png", data).json()["url"]
    next(path for path in tmp_path.rglob("*.png")).unlink()
    assert post_known(member, data).status_code == 204
    assert give(member, "a.png", data).json()["url"] == address
    assert b"".join(member.get(address).streaming_content) == data


def test_an_unacceptable_file_is_refused_before_it_is_sent(member):
    assert "larger than 200 MB" in post_known(member, b"x", size_bytes=201 << 20).json()["error"]
    assert "is empty" in post_known(member, b"").json()["error"]
    assert post_known(member, b"x", digest="../etc", size_bytes=5).status_code == 204
    assert "whole number" in post_known(member, b"x", size_bytes="many").json()["error"]


@pytest.mark.parametrize(
    ("kind", "name", "data", "claimed", "sentence"),
    [
        ("image", "a.png", b"", "image/png", "a.png is empty"),
        ("image", "a.mp4", b"\0\0\0\x18ftypmp42" + b"\0" * 40, "video/mp4", "is not an image"),
        ("image", "a.png", b"not a picture at all", "image/png", "a.png is not an image"),
        ("audio", "a.png", png(), "image/png", "a.png is not a sound"),
        ("image", "a.heic", HEIC.replace(b"%b", b"heic"), "", "HEIC"),
        ("image", "a.jpg", HEIC.replace(b"%b", b"msf1"), "image/jpeg", "HEIC"),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused_by_its_bytes_and_not_stored(
    member, tmp_path, kind, name, data, claimed, sentence
):
    answer = give(member, name, data, kind, claimed)
    assert answer.status_code == 422
    assert sentence in answer.json()["error"]
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_name_cannot_leave_its_folder():
    assert clean_name("../../etc/pass wd") == "pass wd"
    assert clean_name("C:\\fakepath\\a.png") == "a.png"
    assert clean_name("...") == "file"
    assert clean_name("x" * 300 + ".png").endswith("x.png")
    assert clean_name("photo\u202egpj.exe\0\n") == "photogpj.exe"


NAMES = ["💫 🦊.png", "Füchse é.png", "लोमड़ी की तस्वीर.png", "สุนัขจิ้งจอก.png", "狐の写真 (1).png",
         "a+b & c=d; 100% #1?.png", "it's ok.PNG"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_upload_keeps_the_name_its_owner_gave_it(member, name, form):
    address = give(member, unicodedata.normalize(form, name), png(), "image").json()
    assert address["name"] == name
    answer = member.head(address["url"] + "?download")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.isascii()
    assert address["url"].isascii()
    header = Message()
    header["Content-Disposition"] = disposition
    assert header.get_filename() == name
    assert OUR_ADDRESS.fullmatch(address["url"])


@pytest.fixture
def make_artifact(make_run: Callable[..., Any]) -> Callable[..., Artifact]:
    def make(kind: str = "image", **values: Any) -> Artifact:
        run = make_run(state="succeeded", **values)
        return Artifact.objects.create(
            run=run, position=0, path="$", kind=kind, url="https://v3.fal.media/a", state="stored"
        )

    return make


def test_file_choices_are_the_users_own_of_the_kind_newest_first(member, stranger, make_artifact):
    old, new = make_artifact(title="a cat"), make_artifact(title="a dog <b>")
    make_artifact(kind="video", title="a film")
    make_artifact(title="theirs", user=stranger)
    make_artifact(title="lost")
    Artifact.objects.filter(run__title="lost").update(state="lost")

    def offered_addresses(query: str) -> list[str]:
        answer = member.get(f"/uploads/choices/?{query}")
        assert answer.status_code == 200
        assert b"<b>" not in answer.content
        return [upload.address for upload in answer.context["choices"].found]

    assert offered_addresses("kind=image") == [new.get_absolute_url(), old.get_absolute_url()]
    assert offered_addresses("kind=image&q=CAT") == [old.get_absolute_url()]
    assert len(offered_addresses("kind=video")) == 1
    assert len(offered_addresses("kind=%00&page=-3&from=x")) == 3
    assert offered_addresses("kind=audio") == []
    trained = make_artifact(kind="file", title="a style")
    Artifact.objects.filter(pk=trained.pk).update(file_name="Style.SafeTensors")
    assert offered_addresses("kind=weights") == [trained.get_absolute_url()]
    assert offered_addresses("kind=weights&from=uploads") == []


def boxed(major: bytes, *others: bytes) -> bytes:
    """Return the beginning of an MP4 file with these brands."""
    brands = major + bytes(4) + b"".join(others)
    return (len(brands) + 8).to_bytes(4, "big") + b"ftyp" + brands + bytes(60)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (boxed(b"mif1", b"avif", b"mif1", b"miaf", b"MA1B"), "image/avif"),
        (boxed(b"avif"), "image/avif"),
        (boxed(b"mif1", b"heic"), "image/heic"),
        (boxed(b"msf1", b"hevc"), "image/heic"),
        (boxed(b"isom", b"av01", b"mp41"), "video/mp4"),
        (boxed(b"qt  "), "video/quicktime"),
        (boxed(b"M4A ", b"isom"), "audio/mp4"),
        (b"\0\0\0\x18ftyp", "video/mp4"),
    ],
)
def test_an_iso_media_file_is_recognised_by_all_its_brands(head, kind):
    assert content_types.content_type(head) == kind


def test_the_same_files_make_the_same_bytes():
    def archive_bytes() -> bytes:
        target = io.BytesIO()
        files = [("a.png", io.BytesIO(b"1")), ("b.png", io.BytesIO(b"2"))]
        archive_uploads.write(target, files, {"b.txt": "two", "a.txt": "één"})
        return target.getvalue()

    assert archive_bytes() == archive_bytes()
    with zipfile.ZipFile(io.BytesIO(archive_bytes())) as archive:
        assert archive.namelist() == ["a.png", "b.png", "a.txt", "b.txt"]
        assert archive.read("a.txt").decode() == "één"


def test_any_exception_of_a_storage_is_handled(member, monkeypatch):
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("no bucket")

    assert give(member, "a.png", png(), "image").status_code == 200
    assert post_known(member, png()).status_code == 200
    monkeypatch.setattr(FileSystemStorage, "exists", fail)
    assert post_known(member, png()).status_code == 204
    assert give(member, "b.png", png("gold"), "image").status_code == 507


@pytest.mark.any_database
@pytest.mark.parametrize("claim", ["text/" + "x" * 200, "words"])
def test_an_invalid_content_type_is_ignored(member, claim):
    assert give(member, "a.txt", b"words", claimed=claim).json()["content_type"] == (
        "application/octet-stream"
    )
