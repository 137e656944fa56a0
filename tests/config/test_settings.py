"""What the settings make of the environment, read by a fresh process each time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.processes import ROOT, environment

SHOW = "import json; from config import settings as s; print(json.dumps([{}]))"


Shown = Callable[..., list[Any]]
Read = Callable[..., tuple[str, list[str], bool, list[str]]]


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """`shown("s.DEBUG", FAL_KEY="a:b")`, in a copy.

    What stands in the checkout's own `.env` does not count.
    """
    shutil.copytree(ROOT / "config", tmp_path / "config")

    def show(what: str, **given: str) -> list[Any]:
        done = subprocess.run(
            [sys.executable, "-c", SHOW.format(what)],
            cwd=tmp_path,
            env=environment(SECRET_KEY="a long and random text" * 3, **given),
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[Any] = json.loads(done.stdout)
        return found

    return show


@pytest.fixture
def read(shown: Shown) -> Read:
    """`read(FAL_KEY="a:b")`: the upstream, the hosts of its media, whether cookies are secure, our
    hosts.
    """

    def show(**given: str) -> tuple[str, list[str], bool, list[str]]:
        what = "s.UPSTREAM, s.FAL_MEDIA_URLS, s.SESSION_COOKIE_SECURE, s.ALLOWED_HOSTS"
        upstream, media, is_secure, hosts = shown(what, **given)
        return upstream, media, is_secure, hosts

    return show


@pytest.mark.parametrize(
    ("query", "threshold", "more"),
    [
        ("", 1, {}),
        ("?sslmode=require", 1, {"sslmode": "require"}),
        ("?prepare_threshold=9", 9, {}),
        ("?prepare_threshold=off&connect_timeout=3", None, {"connect_timeout": 3}),
    ],
)
def test_postgresql_keeps_plans_and_the_address_has_the_last_word(
    shown: Shown, query: str, threshold: int | None, more: dict[str, Any]
) -> None:
    url = f"postgres://ana:secret@db/vitrine{query}"
    (options,) = shown("s.DATABASES['default']['OPTIONS']", DATABASE_URL=url)
    assert options == {"server_side_binding": True, "prepare_threshold": threshold} | more


@pytest.mark.parametrize(
    ("given", "upstream"),
    [
        ({"FAL_KEY": "a:b"}, "fal"),
        ({"FAL_KEY": "a:b", "UPSTREAM": "sandbox"}, "sandbox"),
        ({"UPSTREAM": "fal"}, "fal"),
    ],
)
def test_the_key_chooses_the_upstream(read: Read, given: dict[str, str], upstream: str) -> None:
    assert read(**given)[0] == upstream


def test_files_come_from_fal_and_from_hosts_that_stand_in_for_it(read: Read) -> None:
    fal = ["https://fal.media", "https://*.fal.media", "https://storage.googleapis.com"]
    assert read(FAL_KEY="a:b")[1] == fal
    moved = read(
        FAL_KEY="a:b",
        FAL_QUEUE_URL="http://127.0.0.1:9001/queue",
        FAL_RUN_URL="https://models.example.com:8443/run",
    )
    assert moved[1] == [*fal, "http://127.0.0.1:9001", "https://models.example.com:8443"]


def test_a_stand_in_on_this_machine_opens_its_own_port_alone(shown: Shown) -> None:
    what = "s.FAL_MEDIA_URLS, s.CONTENT_SECURITY_POLICY['DIRECTIVES']"
    media, policy = shown(
        what,
        FAL_KEY="a:b",
        FAL_MEDIA_URLS="http://localhost:9003",
        FAL_API_URL="http://127.0.0.1:9000/api/v1",
        FAL_QUEUE_URL="http://127.0.0.1:9001/queue",
        FAL_REST_URL="http://[::1]:9002/rest",
    )
    local = ["http://localhost:9003", "http://127.0.0.1:9000", "http://127.0.0.1:9001"]
    assert media == [*local, "http://[::1]:9002"]
    for kind in ("img-src", "media-src"):
        assert [found for found in policy[kind] if "//" in found] == media


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://127.0.0.1:*", "FAL_MEDIA_URLS must name the port of each address"),
        ("https://bücher.example", "FAL_MEDIA_URLS must have the ASCII form (xn--…) of"),
    ],
)
def test_an_address_of_files_that_cannot_be_checked_stops_the_start(
    shown: Shown, address: str, sentence: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        shown("1", FAL_KEY="a:b", FAL_MEDIA_URLS=address)
    assert sentence in caught.value.stderr


def test_a_public_address_over_https_makes_cookies_secure(read: Read) -> None:
    _, _, is_secure, hosts = read(FAL_KEY="a:b", PUBLIC_URL="https://vitrine.example.com")
    assert is_secure
    assert "vitrine.example.com" in hosts
    assert not read(FAL_KEY="a:b")[2]


def test_files_may_be_kept_in_any_storage(shown: Shown) -> None:
    name = "django.core.files.storage.InMemoryStorage"
    options = {"base_url": "/elsewhere/"}
    found = shown(
        "s.STORAGES['default']", MEDIA_STORAGE=name, MEDIA_STORAGE_OPTIONS=json.dumps(options)
    )
    assert found == [{"BACKEND": name, "OPTIONS": options}]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"MEDIA_STORAGE": "nowhere.Bucket"}, "MEDIA_STORAGE must be the dotted name"),
        ({"MEDIA_STORAGE_OPTIONS": "bucket=a"}, "MEDIA_STORAGE_OPTIONS must be a JSON object"),
        ({"MEDIA_STORAGE_OPTIONS": "[]"}, "MEDIA_STORAGE_OPTIONS must be a JSON object"),
    ],
)
def test_a_storage_that_is_none_is_named(
    shown: Shown, given: dict[str, str], sentence: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        shown("s.STORAGES", **given)
    assert sentence in refused.value.stderr
