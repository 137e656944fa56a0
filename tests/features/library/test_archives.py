"""A selection as a ZIP: its files, the files left out and why, its cost in memory and queries."""

import hashlib
import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from features.library import archives
from runs.files import stored_files
from runs.models import Artifact, Run
from tests.accounts.audit.audited import events
from tests.projects.people import make_project
from tests.tables import each_row

pytestmark = pytest.mark.django_db
ADDRESS = "/runs/archives/"
GONE = "is gone, or not yours to see."


def add_file(run: Run, position: int = 0, content: bytes = b"", **values: Any) -> Artifact:
    content = b"\x89PNG\r\n\x1a\n" + (content or str(position).encode())
    file = stored_files.store(ContentFile(content, "x"), "image/png")
    defaults = {
        "kind": "image", "content_type": "image/png", "path": f"images[{position}]",
        "url": "https://v3.fal.media/x", "state": "stored", "file": file.name,
        "digest": file.digest, "size_bytes": file.size_bytes,
    }  # fmt: skip
    artifact: Artifact = Artifact.objects.create(run=run, position=position, **defaults | values)
    return artifact


@pytest.fixture
def mill(make_run: Any) -> Run:
    """A run with two stored pictures, whose seed the model chose."""
    run: Run = make_run(
        state="succeeded", title="a mill", arguments={"prompt": "a mill"}, output={"seed": 7},
    )  # fmt: skip
    add_file(run, 0)
    add_file(run, 1)
    return run


def open_archive(response: Any) -> zipfile.ZipFile:
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(response.getvalue()))
    assert archive.testzip() is None
    return archive


def post(client: Client, *artifacts: str, run: list[str] | None = None) -> zipfile.ZipFile:
    return open_archive(client.post(ADDRESS, {"artifact": artifacts, "run": run or []}))


def missing_in(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the reasons in `MISSING.txt`, by the key of the selected result."""
    _, lines = archive.read("MISSING.txt").decode().split("\n\n")
    return dict(line.split(" ", 1) for line in lines.splitlines())


def test_an_archive_has_the_chosen_files_and_how_each_was_made(member, mill):
    Run.objects.filter(pk=mill.pk).update(
        arguments={
            "prompt": "a mill",
            "image_url": f"http://testserver/runs/{mill.pk}/artifacts/1/",
        }
    )
    archive = post(member, f"{mill.pk}/0", f"{mill.pk}/1")
    base = f"{mill.created_at:%Y-%m-%d}-a-mill-flux-dev-7"
    assert archive.namelist() == [f"{base}-1.png", f"{base}-2.png", "recipes.json"]
    assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    manifest = json.loads(archive.read("recipes.json"))
    assert (manifest["format"], manifest["version"]) == ("vitrine-recipes", 1)
    recipes = manifest["recipes"]
    assert [*recipes] == archive.namelist()[:2]
    for name, recipe in recipes.items():
        assert recipe == {
            "sha256": hashlib.sha256(archive.read(name)).hexdigest(),
            "model": "fal-ai/flux/dev",
            "arguments": {"prompt": "a mill", "image_url": f"/runs/{mill.pk}/artifacts/1/"},
            "seed": 7,
            "run": str(mill.pk),
        }
    text = archive.read("recipes.json").decode()
    assert "testserver" not in text
    assert mill.user.username not in text


def test_equal_names_get_numbers(member, mill, make_run):
    member.post("/account/file-names/", {"file_names": "{prompt}"})
    loud = make_run(state="succeeded", title="A MILL")
    add_file(loud)
    report = make_run(state="succeeded", title="r")
    add_file(report, 0, kind="file", file_name="Recipes.json")
    archive = post(member, run=[str(run.pk) for run in (mill, loud, report)])
    names = ["a-mill.png", "a-mill-2.png", "A-MILL-3.png", "Recipes-2.json", "recipes.json"]
    assert archive.namelist() == names
    assert len({name.casefold() for name in archive.namelist()}) == 5


def test_what_is_not_there_and_what_others_have_are_missing_in_the_same_words(
    client, mill, stranger, make_run
):
    own = make_run(user=stranger, state="succeeded", title="own")
    add_file(own, 0)
    add_file(own, 1, state="lost")
    gone = add_file(own, 2)
    default_storage.delete(gone.file)
    add_file(own, 3, state="remote", file="")
    deleted = make_run(user=stranger, state="succeeded", deleted_at=own.created_at)
    add_file(deleted)
    empty = make_run(user=stranger, state="failed")
    under_way = make_run(user=stranger, state="running")
    nowhere = uuid.uuid4()
    client.force_login(stranger)
    archive = post(
        client,
        *(f"{own.pk}/{position}" for position in (0, 1, 2, 3, 999)),
        *(f"{run}/0" for run in (mill.pk, deleted.pk, nowhere)),
        run=[str(empty.pk), str(under_way.pk), str(make_run(user=mill.user).pk)],
    )  # fmt: skip
    assert len(archive.namelist()) == 1 + 2
    assert [*json.loads(archive.read("recipes.json"))["recipes"]] == archive.namelist()[:1]
    missing = missing_in(archive)
    assert missing.pop(f"{own.pk}/3").startswith("is still being copied here.")
    assert missing.pop(str(empty.pk)) == "has no files."
    assert missing.pop(str(under_way.pk)) == "is not done yet."
    assert len(missing) == 7
    assert set(missing.values()) == {GONE}
    assert not {f"{own.pk}/0"} & missing.keys()


def test_a_failing_storage_is_said_and_a_broken_file_breaks_the_archive_off(
    member, mill, monkeypatch
):
    class Torn(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk")

    def fails(_: Any, name: str) -> Any:
        raise ConnectionError("the bucket")

    monkeypatch.setattr(FileSystemStorage, "open", fails)
    assert missing_in(post(member, f"{mill.pk}/0"))[f"{mill.pk}/0"].startswith("could not be read")
    monkeypatch.setattr(FileSystemStorage, "open", lambda _, name: Torn())
    response: Any = member.post(ADDRESS, {"artifact": f"{mill.pk}/0"})
    with pytest.raises(OSError, match="the disk"):
        response.getvalue()


def test_members_of_a_project_take_its_runs_and_not_what_is_hidden(client, mill, stranger):
    team = make_project("Team", **{stranger.username: "viewer"})
    Run.objects.filter(pk=mill.pk).update(project=team)
    client.force_login(stranger)
    assert len(post(client, run=[str(mill.pk)]).namelist()) == 2 + 1
    Run.objects.filter(pk=mill.pk).update(is_hidden=True)
    assert missing_in(post(client, run=[str(mill.pk)])) == {str(mill.pk): GONE}


BAD = [
    ({}, "Nothing is selected."),
    ({"artifact": [f"{uuid.uuid4()}/{at}" for at in range(5001)]}, "at most 5,000 files"),
    ({"artifact": f"{uuid.uuid4()}/-1"}, "does not name a result"),
    ({"artifact": "x/1"}, "“x” is not the ID of a run"),
]


@each_row(("posted", "sentence"), BAD)
def test_a_selection_that_is_none_is_refused_with_a_sentence(member, posted, sentence):
    response = member.post(ADDRESS, posted)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not events().exists()


def test_too_much_is_refused_before_it_begins(member, mill, monkeypatch):
    Artifact.objects.filter(run=mill).update(size_bytes=10_100_000_000)
    response = member.post(ADDRESS, {"run": str(mill.pk)})
    assert response.status_code == 422
    assert "at most 20 GB, and these are 20.2 GB" in response.content.decode()
    Artifact.objects.filter(run=mill).update(size_bytes=1)
    monkeypatch.setattr(archives, "MOST_FILES", 1)
    response = member.post(ADDRESS, {"run": str(mill.pk)})
    assert response.status_code == 422
    assert "at most 5,000 files" in response.content.decode()


def test_an_archive_is_in_the_audit_log_once_for_each_project(member, mill, make_run):
    team = make_project("Team", ana="maker")
    add_file(make_run(state="succeeded", project=team))
    post(member, run=[str(run.pk) for run in Run.objects.all()])
    logged = events().values_list("event", "in_project", "detail")
    assert sorted(logged) == sorted(
        ("exported", pk, "3 files as an archive") for pk in (mill.project_id, team.pk)
    )


@pytest.mark.both_databases
def test_the_number_of_queries_is_that_of_a_few_files(member, mill, make_run):
    def queries(artifacts: list[str]) -> int:
        with CaptureQueriesContext(connection) as captured:
            post(member, *artifacts)
        return len(captured)

    queries([f"{mill.pk}/0"])  # the first request also makes the queries of the session
    few = queries([f"{mill.pk}/0"])
    for _ in range(40):
        add_file(make_run(state="succeeded"))
    many = [f"{pk}/0" for pk in Run.objects.values_list("pk", flat=True)]
    foreign = [f"{uuid.uuid4()}/{position}" for position in range(200)]
    assert queries([*many, *foreign]) == few


def test_no_query_while_an_archive_is_sent(member, mill, django_assert_num_queries):
    response: Any = member.post(ADDRESS, {"run": str(mill.pk)})
    with django_assert_num_queries(0):
        response.getvalue()
