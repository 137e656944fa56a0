"""The settings computed from the environment, read by a new process each time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.starting import settings_rules
from config.starting.environment import Environment
from tests.processes import ROOT, environment

SCRIPT = Path(__file__).with_name("settings_script.py")
pytestmark = pytest.mark.system  # takes long: a process for each environment

Shown = Callable[..., list[Any]]
Read = Callable[..., tuple[str, list[str], bool, list[str]]]


@pytest.fixture
def show_settings(tmp_path: Path) -> Shown:
    """`show_settings("s.DEBUG", FAL_KEY="a:b")`, in a copy, as a process that may read the key.

    What stands in the checkout's own `.env` does not count.
    """
    shutil.copytree(ROOT / "config", tmp_path / "config")

    def show(
        what: str, *, with_key: bool = True, command: str = "worker", **variables: str
    ) -> list[Any]:
        secret = "a long and random text" * 3
        done = subprocess.run(
            [sys.executable, str(SCRIPT), what, *([command] if with_key else [])],
            cwd=tmp_path,
            env=environment(SECRET_KEY=secret, PYTHONPATH=str(tmp_path), **variables),
            capture_output=True,
            text=True,
            check=True,
        )
        values: list[Any] = json.loads(done.stdout)
        return values

    return show


@pytest.fixture
def read(show_settings: Shown) -> Read:
    """`read(FAL_KEY="a:b")`: the upstream, the hosts of its media, whether cookies are secure, our
    hosts.
    """

    def show(**variables: str) -> tuple[str, list[str], bool, list[str]]:
        what = "s.UPSTREAM, s.FAL_MEDIA_URLS, s.SESSION_COOKIE_SECURE, s.ALLOWED_HOSTS"
        upstream, media, is_secure, hosts = show_settings(what, **variables)
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
def test_postgresql_options_in_the_database_url_take_precedence(
    show_settings: Shown, query: str, threshold: int | None, more: dict[str, Any]
) -> None:
    url = f"postgres://ana:secret@db/vitrine{query}"
    (options,) = show_settings("s.DATABASES['default']['OPTIONS']", DATABASE_URL=url)
    assert options == {"server_side_binding": True, "prepare_threshold": threshold} | more


@pytest.mark.parametrize(
    ("variables", "upstream"),
    [
        ({"FAL_KEY": "a:b"}, "fal"),
        ({"FAL_KEY": "a:b", "UPSTREAM": "sandbox"}, "sandbox"),
        ({"UPSTREAM": "fal"}, "fal"),
    ],
)
def test_the_key_chooses_the_upstream(read: Read, variables: dict[str, str], upstream: str) -> None:
    assert read(**variables)[0] == upstream


@pytest.mark.parametrize("is_in_file", [False, True])
def test_only_processes_that_call_upstream_have_the_key(
    show_settings: Shown, tmp_path: Path, is_in_file: bool
) -> None:
    """Neither in its settings nor in the environment, which its children would get."""
    variables = {} if is_in_file else {"FAL_KEY": "id:secret"}
    if is_in_file:
        (tmp_path / ".env").write_text("FAL_KEY=id:secret\n")
    what = "s.FAL_KEY, __import__('os').environ.get('FAL_KEY')"
    assert show_settings(what, with_key=False, **variables) == ["", None]
    assert show_settings("s.FAL_KEY", **variables) == ["id:secret"]


@pytest.mark.parametrize(("command", "key"), [("worker", "id:secret"), ("realtime", "")])
def test_only_the_worker_has_the_admin_key(show_settings: Shown, command: str, key: str) -> None:
    variables = {"FAL_KEY": "a:b", "FAL_ADMIN_KEY": "id:secret"}
    what = "s.FAL_ADMIN_KEY, __import__('os').environ.get('FAL_ADMIN_KEY')"
    assert show_settings(what, command=command, **variables) == [key, key or None]
    assert show_settings(what, with_key=False, **variables) == ["", None]


SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="


@pytest.mark.parametrize("command", ["worker", "realtime", "rotate_keys"])
def test_only_who_needs_it_has_the_secret_of_projects_keys(
    show_settings: Shown, command: str
) -> None:
    # Not itself: no secret may stand in what a program prints, a test's either.
    given = f"[secret == '{SECRET[::-1]}'[::-1] for secret in s.KEYS_SECRETS]"
    left = "'KEYS_SECRET' in __import__('os').environ"
    what = f"{given}, str(s.KEYS_SECRET_FILE), {left}"
    (secrets, file, _) = show_settings(what, command=command, KEYS_SECRET=f"{SECRET}, {SECRET}")
    assert secrets == [True, True]
    assert file.endswith("keys-secret")
    assert show_settings(what, with_key=False, KEYS_SECRET=SECRET) == [[], "None", False]
    assert show_settings(what, command="sync_models", KEYS_SECRET=SECRET) == [[], "None", False]


@pytest.mark.parametrize("text", ["short", SECRET + "x", f"{SECRET},ß"])
def test_a_secret_that_is_none_stops_the_start_without_being_quoted(
    show_settings: Shown, text: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as error:
        show_settings("s.KEYS_SECRETS", command="worker", KEYS_SECRET=text)
    last = error.value.stderr.strip().splitlines()[-1]
    assert "KEYS_SECRET must be secrets of 44 characters" in last
    assert text not in last


def test_issuers_are_read_from_the_environment(show_settings: Shown) -> None:
    named = {"OIDC_ISSUER": "https://acme.example", "OIDC_CLIENT_ID": "v"}
    what = "s.SOCIALACCOUNT_PROVIDERS, s.SIGN_UP_DOMAINS"
    (providers, domains) = show_settings(
        what, **named, OIDC_CLIENT_SECRET="a-secret", SIGN_UP_DOMAINS="Example.com"
    )
    (app,) = providers["openid_connect"]["APPS"]
    assert (app["provider_id"], app["secret"]) == ("https://acme.example", "a-secret")
    assert domains == ["example.com"]
    with pytest.raises(subprocess.CalledProcessError) as error:
        show_settings(what, **named)
    assert error.value.stderr.strip().endswith(
        "OIDC_CLIENT_SECRET is missing: acme.example gives one for this server."
    )


def test_files_are_allowed_from_fal_and_its_stand_ins(read: Read) -> None:
    fal = ["https://fal.media", "https://*.fal.media", "https://storage.googleapis.com"]
    assert read(FAL_KEY="a:b")[1] == fal
    moved = read(
        FAL_KEY="a:b",
        FAL_QUEUE_URL="http://127.0.0.1:9001/queue",
        FAL_RUN_URL="https://models.example.com:8443/run",
    )
    assert moved[1] == [*fal, "http://127.0.0.1:9001", "https://models.example.com:8443"]


def test_a_local_stand_in_allows_only_its_own_port(show_settings: Shown) -> None:
    what = "s.FAL_MEDIA_URLS, s.CONTENT_SECURITY_POLICY['DIRECTIVES']"
    media, policy = show_settings(
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
        assert [source for source in policy[kind] if "//" in source] == media


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://127.0.0.1:*", "FAL_MEDIA_URLS must name the port of each address"),
        ("https://bücher.example", "FAL_MEDIA_URLS must have the ASCII form (xn--…) of"),
    ],
)
def test_an_uncheckable_file_address_stops_the_start(
    show_settings: Shown, address: str, sentence: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        show_settings("1", FAL_KEY="a:b", FAL_MEDIA_URLS=address)
    assert sentence in caught.value.stderr


def test_a_public_address_over_https_makes_cookies_secure(read: Read) -> None:
    _, _, is_secure, hosts = read(FAL_KEY="a:b", PUBLIC_URL="https://vitrine.example.com")
    assert is_secure
    assert "vitrine.example.com" in hosts
    assert not read(FAL_KEY="a:b")[2]


def test_files_may_be_stored_in_any_storage_backend(show_settings: Shown) -> None:
    name = "django.core.files.storage.InMemoryStorage"
    options = {"base_url": "/elsewhere/"}
    storages = show_settings(
        "s.STORAGES['default']", MEDIA_STORAGE=name, MEDIA_STORAGE_OPTIONS=json.dumps(options)
    )
    assert storages == [{"BACKEND": name, "OPTIONS": options}]


BASE_STORAGE = "django.core.files.storage.Storage"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"MEDIA_STORAGE": "nowhere.Bucket"}, "MEDIA_STORAGE must be the dotted name"),
        ({"MEDIA_STORAGE": ".Bucket"}, "MEDIA_STORAGE must be the dotted name"),
        ({"MEDIA_STORAGE": "json.dumps"}, "not 'json.dumps' (it cannot store files)"),
        ({"MEDIA_STORAGE": "json.JSONDecoder"}, "MEDIA_STORAGE must be the dotted name"),
        ({"MEDIA_STORAGE": BASE_STORAGE}, "MEDIA_STORAGE must be the dotted name"),
        ({"MEDIA_STORAGE_OPTIONS": "bucket=a"}, "MEDIA_STORAGE_OPTIONS must be a JSON object"),
        ({"MEDIA_STORAGE_OPTIONS": "[]"}, "MEDIA_STORAGE_OPTIONS must be a JSON object"),
    ],
)
def test_an_invalid_storage_is_named(
    show_settings: Shown, variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        show_settings("s.STORAGES", **variables)
    assert sentence in refused.value.stderr


def refusal(show_settings: Shown, **variables: str) -> str:
    """Return the message with which the settings refuse a value."""
    with pytest.raises(subprocess.CalledProcessError) as refused:
        show_settings("1", **variables)
    last_line: str = refused.value.stderr.strip().splitlines()[-1]
    return last_line.removeprefix("django.core.exceptions.ImproperlyConfigured: ")


@pytest.mark.parametrize(
    "url",
    [
        "postgres://ana:secret@db:abc/vitrine",
        "postgres://ana:secret@db:99999/vitrine",
        "postgres://ana:secret@[::1/vitrine",
    ],
)
def test_an_invalid_database_url_is_reported_without_its_password(
    show_settings: Shown, url: str
) -> None:
    message = refusal(show_settings, DATABASE_URL=url)
    assert message.startswith("DATABASE_URL must look like postgres://user:password@host:5432/name")
    assert "secret" not in message


ADDRESSES = {
    "FAL_API_URL": "https",
    "FAL_QUEUE_URL": "https",
    "FAL_RUN_URL": "https",
    "FAL_WS_URL": "wss",
    "FAL_REST_URL": "https",
    "FAL_MEDIA_URLS": "https",
    "GATEWAY_URL": "http",
    "PUBLIC_URL": "https",
    "REALTIME_URL": "wss",
    "WEBHOOK_PRIVATE_ORIGINS": "https",
}


@pytest.mark.parametrize("host", ["[::1", "x:abc", "x:99999", "x:0", ":8000"])
@pytest.mark.parametrize("name", ADDRESSES)
def test_an_unreachable_address_is_named(name: str, host: str) -> None:
    schemes = (ADDRESSES[name],)
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be an address that begins with"):
        settings_rules.require_address(name, f"{ADDRESSES[name]}://{host}", schemes)


@pytest.mark.parametrize("name", ADDRESSES)
def test_each_address_is_checked(show_settings: Shown, name: str) -> None:
    message = refusal(show_settings, **{name: f"{ADDRESSES[name]}://[::1"})
    assert message.startswith(f"{name} must be an address that begins with ")


def test_the_password_of_an_address_is_not_quoted() -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        settings_rules.require_address("FAL_API_URL", "https://ana:secret@x:abc", ("https",))
    assert "secret" not in str(refused.value)


def test_undecodable_setting_values_are_named(show_settings: Shown) -> None:
    assert refusal(show_settings, MAIL_FROM="\udcff").startswith("MAIL_FROM is not a text in UTF-8")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MAIL_FROM=F\xfcchse\n", "is not a text in UTF-8 (byte 12)"),
        ("DEBUG=1".encode("utf-16"), "is not a text in UTF-8 (byte 1)"),
        (b"DEBUG=\0", "holds a NUL"),
        (None, "cannot be read (Is a directory)"),
    ],
)
def test_an_unreadable_settings_file_is_named(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / ".env"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured) as refused:
        Environment().read_file(path)
    assert str(refused.value).startswith(f"{path} {reason}")


def test_a_settings_file_may_have_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("MARKED=Füchse\n", encoding="utf-8-sig")
    Environment().read_file(path)
    assert os.environ.pop("MARKED") == "Füchse"
