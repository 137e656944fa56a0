"""How browsers get stored files: whole, in parts, or not again if they have them.

Only users with the right to read a file get it, and no file can harm its reader.
"""

import io
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from PIL import Image

from catalog.pictures import picture_files
from runs.files import stored_files
from runs.models import Artifact
from tests.runs.copying import stored_film


@pytest.fixture
def stored_artifact(settings: Any, tmp_path: Any, make_run: Any) -> Artifact:
    """A stored artifact of 1,000 bytes."""
    settings.MEDIA_ROOT = str(tmp_path)
    data = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4
    return stored_film(make_run, data[:1000])


def read(response: Any) -> bytes:
    """Read the whole body, which closes the file."""
    return b"".join(response.streaming_content)


@pytest.mark.parametrize(
    ("requested_range", "status", "span"),
    [
        ("", 200, (0, 1000)),
        ("bytes=0-99", 206, (0, 100)),
        ("Bytes=-10", 206, (990, 1000)),
        ("bytes=1000-", 416, None),
        ("bytes=0-" + "9" * 5000, 200, (0, 1000)),  # Python refuses numbers with so many digits
    ],
)
def test_artifacts_are_served_in_ranges(member, stored_artifact, requested_range, status, span):
    response = member.get(
        stored_artifact.get_absolute_url(),
        headers={"range": requested_range} if requested_range else {},
    )
    assert response.status_code == status
    if span:
        with default_storage.open(stored_artifact.file) as file:
            assert read(response) == file.read()[slice(*span)]
        assert int(response.headers["Content-Length"]) == span[1] - span[0]
    if status == 206 and span:
        assert response.headers["Content-Range"] == f"bytes {span[0]}-{span[1] - 1}/1000"


@pytest.mark.parametrize(
    ("tag", "status"),
    [("{}", 206), ('"another"', 200), ("W/{}", 200), ("Sat, 21 Nov 2026 10:00:00 GMT", 200)],
)
def test_a_range_is_served_only_while_the_etag_matches(member, stored_artifact, tag, status):
    address = stored_artifact.get_absolute_url()
    whole = member.get(address)
    headers = {"range": "bytes=0-99", "if-range": tag.format(whole.headers["ETag"])}
    part = member.get(address, headers=headers)
    assert part.status_code == status
    assert len(read(part)) == (100 if status == 206 else 1000)
    read(whole)


@pytest.mark.parametrize("tag", ["{}", "W/{}", '"another", {}', "*"])
@pytest.mark.parametrize("more", [{}, {"range": "bytes=0-99"}])
def test_a_file_the_browser_has_is_answered_with_304(member, stored_artifact, tag, more):
    address = stored_artifact.get_absolute_url()
    whole = member.get(address)
    headers = {"if-none-match": tag.format(whole.headers["ETag"]), **more}
    for ask in (member.get, member.head):
        unchanged = ask(address, headers=headers)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        for name in ("ETag", "Cache-Control"):
            assert unchanged.headers[name] == whole.headers[name]
        assert "Content-Range" not in unchanged.headers
    read(whole)
    another = member.get(address, headers={**headers, "if-none-match": '"another"'})
    assert another.status_code == (206 if more else 200)
    read(another)


def test_a_forbidden_file_is_404_even_with_a_matching_etag(client, stored_artifact, stranger):
    client.force_login(stranger)
    assert client.get(stored_artifact.get_absolute_url()).status_code == 404
    headers = {"if-none-match": "*"}
    assert client.get(stored_artifact.get_absolute_url(), headers=headers).status_code == 404


def test_head_ignores_ranges_and_errors_are_not_cached(member, stored_artifact):
    """HEAD ignores ranges; browsers do not cache errors for a year."""
    address = stored_artifact.get_absolute_url()
    about = member.head(address, headers={"range": "bytes=0-9"})
    assert (about.status_code, about.headers["Content-Length"]) == (200, "1000")
    assert (about.headers["Content-Type"], about.content) == ("video/mp4", b"")
    beyond = member.get(address, headers={"range": "bytes=1000-"})
    assert beyond.headers["Content-Range"] == "bytes */1000"
    assert "Cache-Control" not in beyond.headers


def test_served_files_can_do_no_harm(member, stored_artifact):
    response = member.get(stored_artifact.get_absolute_url())
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    read(response)
    svg = stored_files.store(io.BytesIO(b"<svg onload='alert(1)'/>"), "image/svg+xml")
    Artifact.objects.filter(pk=stored_artifact.pk).update(
        file=svg.name, content_type=svg.content_type, file_name="x.svg"
    )
    response = member.get(stored_artifact.get_absolute_url())
    assert response.headers["Content-Disposition"].startswith("attachment")
    read(response)


def test_an_artifact_without_a_copy_redirects_to_upstream(member, stored_artifact):
    Artifact.objects.filter(pk=stored_artifact.pk).update(state="remote")
    assert member.get(stored_artifact.get_absolute_url()).headers["Location"] == stored_artifact.url


@pytest.mark.parametrize(
    ("url", "kind", "content", "is_shown"),
    [
        ("data:image/gif;base64,R0lGODdh", "image/gif", b"GIF87a", True),
        (
            "data:text/html,<script>alert(1)</script>",
            "text/html",
            b"<script>alert(1)</script>",
            False,
        ),
        ("data:image/png,words", "application/octet-stream", b"words", False),
    ],
)
def test_a_data_uri_is_served_before_its_copy_exists(
    member, stored_artifact, url, kind, content, is_shown
):
    Artifact.objects.filter(pk=stored_artifact.pk).update(state="remote", url=url, file_name="")
    for query, shows in (("", is_shown), ("?download", False)):
        response = member.get(f"{stored_artifact.get_absolute_url()}{query}")
        assert (response.status_code, response.content) == (200, content)
        assert response.headers["Content-Type"] == kind
        assert response.headers["Content-Disposition"].startswith(
            "inline" if shows else "attachment"
        )
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "Cache-Control" not in response.headers or "immutable" not in response["Cache-Control"]


@pytest.mark.parametrize("error", [OSError(40, "too many links"), RuntimeError("no bucket")])
@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("size", ""),
        ("open", ""),
    ],
)
def test_a_storage_that_cannot_be_read_is_logged_and_retried(
    member, stored_artifact, error, method, more, monkeypatch, caplog
):
    def fail(*_: Any) -> None:
        raise error

    Artifact.objects.filter(pk=stored_artifact.pk).update(kind="mesh")
    address = stored_artifact.get_absolute_url() + more
    with monkeypatch.context() as away:
        away.setattr(FileSystemStorage, method, fail)
        answer = member.get(address, headers={"range": "bytes=0-9"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    assert "Try again" in answer.content.decode()
    assert [entry.name for entry in caplog.records] == ["runs.views.files"]
    read(member.get(stored_artifact.get_absolute_url()))


@pytest.fixture
def film(settings: Any, tmp_path: Any, make_run: Any) -> Artifact:
    """A stored video with a poster and a thumbnail."""
    settings.MEDIA_ROOT = str(tmp_path)
    small = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(small, "WEBP")
    return stored_film(
        make_run,
        b"\0\0\0\x18ftypmp42" + bytes(5000),
        poster=picture_files.write("a/poster.webp", small.getvalue()),
        thumbnail=picture_files.write("a/thumbnail.webp", small.getvalue()),
    )


@pytest.mark.parametrize("noun", ["poster", "thumbnail"])
def test_thumbnails_are_served_like_the_file(member, client, film, stranger, noun):
    address = f"{film.get_absolute_url()}{noun}/"
    response = member.get(address)
    assert response.getvalue()[8:12] == b"WEBP"
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")
    assert "private" in response["Cache-Control"]
    Artifact.objects.update(**{noun: ""})
    assert member.get(address).status_code == 404
    client.force_login(stranger)
    assert client.get(address).status_code == 404


def test_a_data_uri_without_a_file_is_404(member, stored_artifact):
    url = "data:image/png;base64,A"
    Artifact.objects.filter(pk=stored_artifact.pk).update(state="remote", url=url)
    assert member.get(stored_artifact.get_absolute_url()).status_code == 404


def test_a_range_is_served_from_an_unseekable_file(member, stored_artifact, monkeypatch):
    class Stream(io.BytesIO):
        def seek(self, *_: Any) -> int:
            raise io.UnsupportedOperation("this is a stream")

    with default_storage.open(stored_artifact.file) as file:
        data = file.read()
    monkeypatch.setattr(FileSystemStorage, "open", lambda *_: Stream(data))
    response = member.get(stored_artifact.get_absolute_url(), headers={"range": "bytes=900-949"})
    assert (response.status_code, read(response)) == (206, data[900:950])
