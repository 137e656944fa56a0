"""Addresses of our own files become paths, in every spelling and in any place."""

from typing import Any

import pytest
from django.db import connection

from runs.files.artifact_urls import with_own_results
from runs.files.own_addresses import OUR_ADDRESS, tidy_addresses, with_own_paths
from runs.models import Artifact

UPLOAD = "/uploads/0b1c2d3e-0000-4000-8000-00000000000a/F%C3%BCchse%20(1).png"
RESULT = "/runs/0b1c2d3e-0000-4000-8000-00000000000b/artifacts/3/"


@pytest.fixture(autouse=True)
def _hosts(settings: Any) -> None:
    settings.ALLOWED_HOSTS = [
        "localhost", "127.0.0.1", "[::1]", "vitrine.example", ".team.example", "xn--mnchen-3ya.de"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "origin",
    [
        "", "http://localhost", "http://127.0.0.1:8400", "https://vitrine.example", "http://[::1]:8",
        "HTTPS://Vitrine.Example:8443", "https://vitrine.example.", "https://a.team.example",
        "https://münchen.de", "https://someone@vitrine.example", "http://localhost:",
    ],
)  # fmt: skip
@pytest.mark.parametrize("spaces", ["", " ", "\n", "\u00a0\t"])
@pytest.mark.parametrize("path", [UPLOAD, RESULT])
def test_every_host_name_of_the_server_is_recognised(origin, spaces, path):
    assert with_own_paths(f"{spaces}{origin}{path}{spaces}") == path


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (UPLOAD.replace("%C3%BC", "ü"), UPLOAD),
        (UPLOAD.replace("%C3%BC", "u%CC%88"), UPLOAD),  # with a decomposed "ü"
        (UPLOAD.replace("(", "%28").replace(")", "%29"), UPLOAD),
        (UPLOAD.replace("0b1c", "0B1C"), UPLOAD),
        (f"{UPLOAD}?download", UPLOAD),
        (f"{UPLOAD}#page", UPLOAD),
        (RESULT.replace("runs", "%72uns").replace("-", "%2D"), RESULT),
        (RESULT.removesuffix("/"), RESULT),
        (f"{RESULT}?download=1", RESULT),
        (RESULT.upper().replace("RUNS", "runs").replace("ARTIFACTS", "artifacts"), RESULT),
    ],
)
def test_every_spelling_of_a_path_is_recognised(written, path):
    assert with_own_paths(f"http://localhost:8000{written}") == path
    assert OUR_ADDRESS.fullmatch(path)


@pytest.mark.parametrize(
    "text",
    [
        f"https://elsewhere.example{RESULT}",
        f"https://vitrine.example.elsewhere.example{RESULT}",
        f"https://elsewhere.example/http://localhost{RESULT}",
        f"ftp://localhost{RESULT}",
        f"https://vitrine.example{RESULT}thumbnail/",
        f"see http://localhost{RESULT}",
        "http://[",
        "a text / with a slash",
        "",
    ],
)
def test_other_addresses_are_not_changed(text):
    assert tidy_addresses(with_own_paths(text)) == text


def test_addresses_are_found_at_any_depth():
    ours = f"http://localhost:1{RESULT}"
    arguments = {"a": [ours, {"b": [[ours]]}], "seed": 1, "c": None, "d": 1.0}
    assert with_own_paths(arguments) == arguments | {"a": [RESULT, {"b": [[RESULT]]}]}


@pytest.mark.both_databases
def test_results_are_found_by_upstreams_address_at_any_depth(make_run, user, stranger):
    url, long = "https://fal.media/a.png", f"https://fal.media/{'b' * 200}.png"
    run = make_run(state="succeeded")
    for position, address in enumerate((url, long)):
        run.artifacts.create(position=position, url=address, kind="image", state="stored")
    ours, second = (artifact.get_absolute_url() for artifact in run.artifacts.all())
    others = ["https://fal.media/other.png", f"{long}?x", f"see {url}", f"https://a.b/{url}", 1]
    given = {"a": [f" {url}\n", {"b": long}], "c": others}
    assert with_own_results(given, user) == {"a": [ours, {"b": second}], "c": others}
    assert with_own_results(given, stranger) == given
    run.artifacts.update(state="lost")  # upstream may still have it
    assert with_own_results(given, user) == given


@pytest.mark.both_databases
@pytest.mark.django_db
def test_upstreams_addresses_are_read_from_an_index():
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # the table is empty
    plan = Artifact.objects.beginning_as(["https://fal.media/a.png"]).explain()
    assert "artifact_by_address" in plan
