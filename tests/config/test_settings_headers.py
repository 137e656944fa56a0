"""A deployment's security headers; Django's deployment check finds nothing."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing

from accounts.sessions.store import SessionStore
from tests.processes import ROOT, environment

pytestmark = pytest.mark.any_database

PUBLIC = {
    "PUBLIC_URL": "https://vitrine.test",
    "SECRET_KEY": "a-long-random-text-of-50-signs-0123456789-abcdefghij-ABC",
    "UPSTREAM": "fal",
    "FAL_KEY": "id:secret",
}


def python(tmp_path: Path, *arguments: str) -> str:
    variables = PUBLIC | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'v.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.exhaustive
def test_djangos_deployment_check_is_clean(tmp_path):
    output = python(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert "no issues" in output


@pytest.mark.exhaustive
@pytest.mark.system
def test_with_a_public_https_address_http_is_redirected(tmp_path, migrated):
    shutil.copy(migrated, tmp_path / "v.sqlite3")
    requests = [
        ["plain", "/runs/", False],
        ["secure", "/runs/", True],
        ["health", "/healthz", False],
        ["metrics", "/metrics", False],
    ]
    answers = json.loads(
        python(tmp_path, "-m", "tests.config.headers_script", json.dumps(requests))
    )
    status, headers = answers["plain"]
    assert (status, headers["Location"]) == (301, "https://vitrine.test/runs/")
    status, headers = answers["secure"]
    assert status == 302
    assert headers["Strict-Transport-Security"] == "max-age=63072000"
    assert answers["health"][0] == 503  # answered, not redirected
    assert answers["metrics"][0] == 404


def test_pages_forbid_unused_device_features(client, db):
    policy = client.get("/login/").headers["Permissions-Policy"]
    assert "camera=()" in policy
    assert "geolocation=()" in policy
    assert "microphone=(self)" in policy  # a form can record sounds


@pytest.mark.parametrize(
    "path",
    ["/runs/", "/runs/latest/", "{}", "{}run.json", "{}output.json", "{}elsewhere/", "/jump/"],
)
def test_pages_of_runs_are_not_cached_by_browsers(member, make_run, path):
    run = make_run(state="succeeded", output={})
    response = member.get(path.format(run.get_absolute_url()))
    assert response.status_code == 200
    assert set(re.split(", *", response.headers["Cache-Control"])) == {"private", "no-store"}


def test_each_kind_of_signed_text_has_its_own_salt():
    salts = []
    for package in ("accounts", "house", "catalog", "config", "core", "playground", "runs"):
        for file in (ROOT / package).rglob("*.py"):
            salts += re.findall(r'(?:SALT|key_salt) = "([^"]+)"', file.read_text())
            assert not re.search(r'salt="', file.read_text()), (
                f"{file}: name the salt as a constant"
            )
    assert len(salts) == len(set(salts))
    assert set(salts) >= {"vitrine.sessions", "vitrine.live", "vitrine.realtime", "vitrine.typed"}
    assert all(salt.startswith("vitrine.") for salt in salts)
    assert SessionStore().key_salt not in {SessionBase().key_salt, "django.contrib.sessions"}


def test_a_session_outlives_a_new_secret_key(client, user, settings):
    client.force_login(user)
    signed = signing.dumps("x", salt="vitrine.test")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    assert client.get("/runs/").status_code == 302
    client.force_login(user)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert signing.loads(signed, salt="vitrine.test") == "x"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a third", ["another"]
    assert client.get("/runs/").status_code == 200
