"""Settings computed from the environment, by a process that reads them anew each time."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.starting import settings_rules
from config.starting.environment import Environment
from tests.processes import ROOT, environment
from tests.sampling import sample

SCRIPT = Path(__file__).with_name("settings_script.py")
Shown = Callable[..., list[Any]]
Read = Callable[..., tuple[str, list[str], bool, list[str]]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """Ask one running process, which reads the settings anew for each question.

    It reads a copy, so the checkout's own `.env` does not matter.
    """
    folder = tmp_path_factory.mktemp("settings")
    shutil.copytree(ROOT / "config", folder / "config")
    (folder / "core").symlink_to(ROOT / "core")
    pipe = subprocess.PIPE
    program = subprocess.Popen([sys.executable, str(SCRIPT)], stdin=pipe, stdout=pipe, text=True)
    assert program.stdin
    assert program.stdout

    def ask(what: str, command: str, file: str, variables: dict[str, str]) -> Any:
        assert program.stdin
        assert program.stdout
        (folder / ".env").write_text(file)
        variables = environment(SECRET_KEY="a long and random text" * 3) | variables
        question = {"folder": str(folder), "command": command, "variables": variables, "what": what}
        program.stdin.write(json.dumps(question) + "\n")
        program.stdin.flush()
        return json.loads(program.stdout.readline())

    yield ask
    program.communicate(timeout=60)


@pytest.fixture
def show_settings(ask: Callable[..., Any]) -> Shown:
    """`show_settings("s.DEBUG", FAL_KEY="a:b")`, as a process that may read the key.

    Raises ImproperlyConfigured as the settings do; `file` is the content of `.env`.
    """

    def show(
        what: str,
        *,
        with_key: bool = True,
        command: str = "worker",
        file: str = "",
        **variables: str,
    ) -> list[Any]:
        answer = ask(what, command if with_key else "", file, variables)
        if "refused" in answer:
            raise ImproperlyConfigured(answer["refused"])
        assert "values" in answer, answer
        values: list[Any] = answer["values"]
        return values

    return show


@pytest.fixture
def read(show_settings: Shown) -> Read:
    """`read(FAL_KEY="a:b")`: the upstream, the hosts of its media, whether cookies are secure, our
    hosts.
    """

    def show(**variables: str) -> tuple[str, list[str], bool, list[str]]:
        expression = "s.UPSTREAM, s.FAL_MEDIA_URLS, s.SESSION_COOKIE_SECURE, s.ALLOWED_HOSTS"
        upstream, media, is_secure, hosts = show_settings(expression, **variables)
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
    show_settings, query, threshold, more
):
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
def test_the_key_chooses_the_upstream(read, variables, upstream):
    assert read(**variables)[0] == upstream


@pytest.mark.parametrize("variables", [{"FAL_KEY": "id:secret"}, {"file": "FAL_KEY=id:secret"}])
def test_only_processes_that_call_upstream_have_the_key(show_settings, variables):
    """The key is neither in its settings nor in the environment that its children would get."""
    expression = "s.FAL_KEY, __import__('os').environ.get('FAL_KEY')"
    assert show_settings(expression, with_key=False, **variables) == ["", None]
    assert show_settings("s.FAL_KEY", **variables) == ["id:secret"]


@pytest.mark.parametrize(("command", "key"), [("worker", "id:secret"), ("realtime", "")])
def test_only_the_worker_has_the_admin_key(show_settings, command, key):
    variables = {"FAL_KEY": "a:b", "FAL_ADMIN_KEY": "id:secret"}
    expression = "s.FAL_ADMIN_KEY, __import__('os').environ.get('FAL_ADMIN_KEY')"
    assert show_settings(expression, command=command, **variables) == [key, key or None]
    assert show_settings(expression, with_key=False, **variables) == ["", None]


def test_issuers_are_read_from_the_environment(show_settings):
    named = {"OIDC_ISSUER": "https://acme.example", "OIDC_CLIENT_ID": "v"}
    expression = "s.SOCIALACCOUNT_PROVIDERS, s.SIGN_UP_DOMAINS"
    (providers, domains) = show_settings(
        expression, **named, OIDC_CLIENT_SECRET="a-secret", SIGN_UP_DOMAINS="Example.com"
    )
    (app,) = providers["openid_connect"]["APPS"]
    assert (app["provider_id"], app["secret"]) == ("https://acme.example", "a-secret")
    assert domains == ["example.com"]
    assert refusal(show_settings, **named) == (
        "OIDC_CLIENT_SECRET is missing: acme.example issues one for this server."
    )


def test_files_are_allowed_from_fal_and_its_stand_ins(read):
    fal = ["https://fal.media", "https://*.fal.media", "https://storage.googleapis.com"]
    assert read(FAL_KEY="a:b")[1] == fal
    moved = read(
        FAL_KEY="a:b",
        FAL_QUEUE_URL="http://127.0.0.1:9001/queue",
        FAL_RUN_URL="https://models.example.com:8443/run",
    )
    assert moved[1] == [*fal, "http://127.0.0.1:9001", "https://models.example.com:8443"]


def test_a_local_stand_in_allows_only_its_own_port(show_settings):
    expression = "s.FAL_MEDIA_URLS, s.CONTENT_SECURITY_POLICY['DIRECTIVES']"
    media, policy = show_settings(
        expression,
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


def test_a_public_address_over_https_makes_cookies_secure(read):
    _, _, is_secure, hosts = read(FAL_KEY="a:b", PUBLIC_URL="https://vitrine.example.com")
    assert is_secure
    assert "vitrine.example.com" in hosts
    assert not read(FAL_KEY="a:b")[2]


PUBLIC = "https://vitrine.example.com"
WRONG: list[tuple[dict[str, str], str]] = [
    ({"PORT": "abc"}, "PORT must be a whole number"),
    ({"UPSTREAM": "elsewhere"}, "UPSTREAM must be fal or sandbox"),
    ({"DATABASE_URL": "nonsense"}, "DATABASE_URL must look like"),
    ({"DATABASE_URL": "postgres://ana:secret@db:abc/vitrine"}, "DATABASE_URL must look like"),
    ({"DATABASE_URL": "postgres://ana:secret/@db/vitrine"}, "DATABASE_URL must look like"),
    ({"PUBLIC_URL": f"{PUBLIC}/sub"}, "PUBLIC_URL must be a scheme and a host alone"),
    ({"PUBLIC_URL": "https://ana:secret@example.com"}, "PUBLIC_URL must be a scheme and a host"),
    ({"FAL_QUEUE_URL": "queue.fal.run"}, "FAL_QUEUE_URL must be an address"),
    ({"FAL_KEY": "nocolon"}, "FAL_KEY must be `key_id:key_secret`"),
    ({"METRICS_TOKEN": "pass word"}, "METRICS_TOKEN can be guessed"),
    ({"PUBLIC_URL": PUBLIC, "SECRET_KEY": "x"}, "SECRET_KEY can be guessed"),
    ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
    ({"FAL_MEDIA_URLS": "http://127.0.0.1:*"}, "FAL_MEDIA_URLS must name the port of each address"),
    ({"MEDIA_STORAGE": "nowhere.Bucket"}, "MEDIA_STORAGE must be the dotted name"),
    ({"MEDIA_STORAGE_OPTIONS": "[]"}, "MEDIA_STORAGE_OPTIONS must be a JSON object"),
]


@pytest.mark.parametrize(("variables", "start"), WRONG)
def test_a_wrong_setting_is_named_in_one_sentence_that_quotes_no_secret(
    show_settings, variables, start
):
    message = refusal(show_settings, **variables)
    assert message.startswith(start)
    assert not {"secret", variables.get("FAL_KEY", "secret")} & {*re.findall(r"[\w ]+", message)}


def test_a_public_host_of_any_script_is_served_as_browsers_send_it(show_settings):
    variables = {
        "PUBLIC_URL": "https://m\u00fcnchen.example:8443/",
        "ALLOWED_HOSTS": "stra\u00dfe.de",
    }
    hosts = ["xn--strae-oqa.de", "xn--mnchen-3ya.example"]
    values = show_settings("s.PUBLIC_URL, s.ALLOWED_HOSTS", **variables)
    assert values == [f"https://{hosts[1]}:8443", hosts]


def test_all_read_one_database_address(show_settings):
    address = "postgres://ana:p#ss@127.0.0.1:5432/vitrine"
    expression = "s.DATABASES['default']['PASSWORD'], s.DATABASE_URL"
    password, others = show_settings(expression, DATABASE_URL=address)
    assert (password, urlsplit(others).path) == ("p#ss", "/vitrine")


def refusal(show_settings: Shown, **variables: str) -> str:
    """Return the sentence with which the settings refuse a value."""
    with pytest.raises(ImproperlyConfigured) as refused:
        show_settings("1", **variables)
    return str(refused.value)


@pytest.mark.parametrize("key", ["nocolon", "id:", ":secret", "two words:x", "é:x"])
def test_a_malformed_key_is_refused_without_quoting_it(key):
    with pytest.raises(ImproperlyConfigured) as raised:
        settings_rules.require_key_pair(key)
    assert str(raised.value).startswith("FAL_KEY must be")
    assert f" {key}" not in str(raised.value)
    settings_rules.require_key_pair("id:secret")


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


@pytest.mark.parametrize("name", sample([*ADDRESSES], 4, by_seed=1))
def test_each_address_is_checked(show_settings, name):
    message = refusal(show_settings, **{name: f"{ADDRESSES[name]}://[::1"})
    assert message.startswith(f"{name} must be an address that begins with ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MAIL_FROM=F\xfcchse\n", "is not text in UTF-8 (byte 12)"),
        (None, "cannot be read (Is a directory)"),
    ],
)
def test_an_unreadable_settings_file_is_named(tmp_path, content, reason):
    path = tmp_path / ".env"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(ImproperlyConfigured) as refused:
        Environment().read_file(path)
    assert str(refused.value).startswith(f"{path} {reason}")
