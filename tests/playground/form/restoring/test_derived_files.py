"""Files that Vitrine made of a result are recognised, however they left, and named correctly."""

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from runs.files import derived_files
from runs.models import DerivedFile, Run, Share
from tests.conftest import grant
from tests.playground.form.restoring.test_restore import ADDRESS, SCRIPT
from tests.runs.copying import copy, film, picture
from tests.runs.files import signed_media
from tests.sampling import sample

pytestmark = pytest.mark.django_db(transaction=True)


def drop(client: Client, content: bytes) -> Any:
    file = SimpleUploadedFile("renamed", content)
    return client.post(ADDRESS, {"file": file}, headers=SCRIPT).json()


def download(client: Client, address: str) -> bytes:
    response: Any = client.get(address)
    assert response.status_code == 200
    content: bytes = response.getvalue()
    return content


@pytest.mark.system
@pytest.mark.parametrize(
    ("part", "words"),
    sample([("poster/", "the still"), ("", ""), ("thumbnail/", "the small picture")], 1),
)
def test_a_film_and_its_pictures_are_known_by_their_content(member, artifact, part, words):
    row = copy(artifact("video"), film())
    answer = drop(member, download(member, f"{row.get_absolute_url()}{part}"))
    assert answer["fill"] == f"run:{row.run_id}"
    assert (f"This is {words} of a result made here by " in answer["words"]) == bool(part)


def test_equal_results_share_their_pictures_and_the_newest_run_is_found(member, artifact, make_run):
    first = copy(artifact(), picture())
    second = copy(artifact(), picture())
    thumbnail = download(member, f"{first.get_absolute_url()}thumbnail/")
    assert drop(member, thumbnail)["fill"] == f"run:{second.run_id}"
    Run.objects.filter(pk=second.run_id).delete()
    assert drop(member, thumbnail)["fill"] == f"run:{first.run_id}"


def test_texts_and_raw_outputs_are_known_once_they_are_saved(member, make_run):
    run: Run = make_run(state="succeeded", output={"output": "a text that a model wrote"})
    text = download(member, f"/runs/{run.pk}/texts/0.txt")
    output = download(member, f"/runs/{run.pk}/output.json")
    for content, words in ((text, "a text"), (output, "the raw output")):
        assert drop(member, content)["words"].startswith(f"This is {words} of a result")
    download(member, f"/runs/{run.pk}/texts/0.txt")
    assert DerivedFile.objects.count() == 2


def test_others_learn_nothing(member, client, artifact, stranger):
    row = copy(artifact("video"), film())
    with default_storage.open(row.thumbnail) as file:
        thumbnail = file.read()
    client.force_login(stranger)
    unknown = drop(client, b"no such file")
    assert drop(client, thumbnail) == drop(client, film()) == unknown
    assert unknown == {"error": "No run here made this file.", "acts": []}


def test_a_copy_without_metadata_tells_its_run_to_its_owner_alone(
    member, client, artifact, stranger, make_run
):
    """Blind voters can save such a copy; dropping it here would tell them which model made it."""
    row = copy(artifact(), picture())
    derived_files.record(row.run_id, 0, {DerivedFile.What.STRIPPED: derived_files.digest(b"x")})
    assert drop(member, b"x")["fill"] == f"run:{row.run_id}"
    grant(stranger, "playground.view_run")
    other = Client()
    other.force_login(stranger)
    assert "No run here made this file." in drop(other, b"x")["error"]


@pytest.mark.system
@pytest.mark.parametrize("format_", sample(["PNG", "JPEG", "WEBP"], 0, by_seed=1))
def test_a_picture_with_its_recipe_inside_restores_it_here_and_elsewhere(member, artifact, format_):
    row = copy(artifact(), picture(kind=format_))
    Run.objects.filter(pk=row.run_id).update(arguments={"prompt": "remember", "seed": 2**62})
    address = f"{row.get_absolute_url()}with-recipe/"
    assert address in member.get(f"/runs/{row.run_id}/").content.decode()
    whole = download(member, address)
    assert len(whole) > len(picture(kind=format_))
    assert drop(member, whole)["fill"] == f"run:{row.run_id}"
    Run.objects.all().delete()
    restored = drop(member, whole)
    assert restored["fill"].startswith("recipe:")
    assert Share.objects.get().arguments == {"prompt": "remember", "seed": 2**62}


def test_a_signed_picture_takes_no_recipe_and_is_offered_unchanged(member, artifact):
    row = copy(artifact(), signed_media.truly_signed("PNG"))
    address = f"{row.get_absolute_url()}with-recipe/"
    assert address not in member.get(f"/runs/{row.run_id}/").content.decode()
    refused = member.get(address)
    assert refused.status_code == 422
    assert "would break the signature" in refused.content.decode()
    assert f"{row.get_absolute_url()}?download" in refused.content.decode()
