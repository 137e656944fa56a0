"""Stored keys, secrets that change, and keys sealed on their way to the worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from runs.keys import vault
from runs.models import KeySeal, ProjectKey
from tests.projects.people import make_project

KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=3, max_size=255)


@given(key=KEYS)
def test_a_key_is_read_back_by_any_of_the_secrets_and_never_stands_in_its_token(key: str) -> None:
    from django.test import override_settings

    old, new = vault.new_secret(), vault.new_secret()
    with override_settings(KEYS_SECRETS=[old]):
        token = vault.encrypt(key)
    assert key not in token
    with override_settings(KEYS_SECRETS=[new, old]):
        assert vault.decrypt(token) == key
        assert not vault.is_newest(token)
        rotated = vault.encrypt_anew(token)
        assert vault.is_newest(rotated)
    with override_settings(KEYS_SECRETS=[new]):
        assert vault.decrypt(rotated) == key
        with pytest.raises(vault.Unreadable):
            vault.decrypt(token)


@pytest.mark.django_db
def test_what_the_web_process_seals_only_a_process_with_the_secret_opens(settings: Any) -> None:
    settings.KEYS_SECRETS = [vault.new_secret()]
    assert vault.renew_seal()
    assert not vault.renew_seal()
    settings.KEYS_SECRETS = []  # the web process does not have the secret
    sealed = vault.seal("an-id:" + "s" * 249, KeySeal.objects.get().public)
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed)
    settings.KEYS_SECRETS = [vault.new_secret()]
    with pytest.raises(vault.Unreadable):
        vault.unseal(sealed)
    assert vault.renew_seal()  # a seal that no process can open is replaced


@pytest.mark.django_db
def test_a_sealed_key_is_read_by_the_worker(settings: Any) -> None:
    settings.KEYS_SECRETS = [vault.new_secret()]
    vault.renew_seal()
    assert vault.unseal(vault.seal("an-id:a-secret", KeySeal.objects.get().public)) == (
        "an-id:a-secret"
    )


def stored_key() -> ProjectKey:
    User.objects.create_superuser("root")
    project = make_project("Spring", root="manager")
    return ProjectKey.objects.create(
        project=project, key_id="an-id", state="active", secret=vault.encrypt("an-id:a-secret")
    )


@pytest.mark.django_db
def test_rotating_by_the_setting(settings: Any, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = vault.new_secret(), vault.new_secret()
    settings.KEYS_SECRETS = [old]
    vault.renew_seal()
    row = stored_key()
    settings.KEYS_SECRETS = [new, old]
    call_command("rotate_keys")
    assert capsys.readouterr().out == "2 re-encrypted. Now remove the older secrets.\n"
    settings.KEYS_SECRETS = [new]
    row.refresh_from_db()
    assert vault.decrypt(row.secret) == "an-id:a-secret"
    assert not vault.renew_seal()
    call_command("rotate_keys")
    assert capsys.readouterr().out.startswith("0 re-encrypted.")


@pytest.mark.django_db
def test_rotating_by_the_file_needs_no_restart(settings: Any, tmp_path: Path) -> None:
    file = settings.KEYS_SECRET_FILE = tmp_path / "keys-secret"
    file.write_text(old := vault.new_secret())
    row = stored_key()
    call_command("rotate_keys")
    (new,) = file.read_text().split()
    assert new != old
    assert file.stat().st_mode & 0o777 == 0o600
    row.refresh_from_db()
    assert vault.decrypt(row.secret) == "an-id:a-secret"


@pytest.mark.django_db
def test_rotating_loses_nothing_that_it_cannot_read(settings: Any, tmp_path: Path) -> None:
    settings.KEYS_SECRETS = [vault.new_secret()]
    row = stored_key()
    settings.KEYS_SECRETS = []
    file = settings.KEYS_SECRET_FILE = tmp_path / "keys-secret"
    file.write_text(known := vault.new_secret())
    with pytest.raises(CommandError, match=f"key of a project {row.pk}"):
        call_command("rotate_keys")
    assert known in file.read_text().split()
    before = row.secret
    row.refresh_from_db()
    assert row.secret == before


def test_without_a_secret_the_command_says_what_to_do(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.KEYS_SECRETS, settings.KEYS_SECRET_FILE = [], None
    with pytest.raises(CommandError, match="rotate_keys --new"):
        call_command("rotate_keys")
    call_command("rotate_keys", "--new")
    assert len(capsys.readouterr().out.strip()) == 44
