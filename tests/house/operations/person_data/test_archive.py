"""A person's data as a ZIP: their rows and files, no secret, and nothing of other people."""

import io
import json
import re
import zipfile
from collections import Counter
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import roles
from accounts.roles import Role
from api import tokens
from catalog.models import Note
from features.boards.models import Board
from features.notifications import kinds, outbox
from features.notifications.models import Notification
from house.operations.backup.contents import labels
from house.operations.person_data import contents
from projects import members
from runs.files import uploads
from runs.models import Run
from tests.accounts.audit.audited import events
from tests.features.library.test_archives import add_file
from tests.house.made import make_admin
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db
SOUNDS_SECRET = re.compile(r"secret|token|password|digest|hash|session_key|sealed|private_key|auth")
NO_SECRETS = {
    "playground.Charge.token_id": "a number",
    "playground.DailySum.token_id": "a number",
    "flows.FlowRun.token_id": "a number",
    "playground.Draft.schema_digest": "of a model's schema",
    "playground.Preset.schema_digest": "of a model's schema",
    "playground.Run.schema_id": "of a model's schema",
    "mfa.Authenticator.id": "a number",
    "spending.Budget.token_id": "a number",
}


@pytest.fixture
def run(user: User, stranger: User, make_run: Any) -> Run:
    """A run of ana's with a file, beside work of sam's."""
    run: Run = make_run(state="succeeded", arguments={"prompt": "a secret fox"})
    add_file(run)
    other = make_run(user=stranger, state="succeeded", arguments={"prompt": "a secret hare"})
    Note.objects.create(endpoint=other.endpoint, user=stranger, text="sam's words")
    Board.objects.create(user=stranger, source=other.endpoint, form_token="b", title="Sam's board")
    return run


def read(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_what_is_theirs_and_nothing_of_others(user, run):
    _, token = tokens.create(user, "script")
    upload = uploads.store(user.pk, SimpleUploadedFile("a.txt", b"mine", "text/plain"))
    response: Any = logged_in(user).get("/account/data/archive/")
    files = read(b"".join(response.streaming_content))
    assert json.loads(files["playground.Run.json"])[0]["id"] == str(run.pk)
    assert json.loads(files["auth.User.json"])[0]["username"] == "ana"
    assert files[f"uploads/{upload.pk}/a.txt"] == b"mine"
    with default_storage.open(run.artifacts.get().file) as file:
        assert files[f"results/{run.pk}/0.png"] == file.read()
    whole = b"".join(files.values())
    assert b"a secret fox" in whole
    for others in (b"hare", b"sam", b"Sam"):
        assert others not in whole
    stored = user.password.encode(), token.encode(), run.webhook_token.encode()
    assert not [secret for secret in stored if secret in whole]
    assert events().get(event="exported").actor == user


def test_a_file_of_several_rows_is_there_once(user, run):
    project = make_project("Film", ana="maker")
    result, text = run.artifacts.get(), SimpleUploadedFile("a.txt", b"mine", "text/plain")
    uploads.of_result(user.pk, run.project, result)
    first = uploads.store(user.pk, text)
    uploads.of_upload(user.pk, project, first)
    response: Any = logged_in(user).get("/account/data/archive/")
    files = read(b"".join(response.streaming_content))
    stored = sorted(name for name in files if name.startswith(("results/", "uploads/")))
    assert stored == [f"results/{run.pk}/0.png", f"uploads/{first.pk}/a.txt"]
    rows = json.loads(files["playground.Upload.json"])
    assert len(rows) == 3
    assert {row["file"] for row in rows} == {result.file, first.file}


def test_who_has_left_a_project_takes_nothing_of_it_along(user, run):
    project = make_project("Film", ben="manager", ana="maker")
    upload = uploads.store(
        user.pk, SimpleUploadedFile("a.txt", b"mine", "text/plain"), project=project
    )
    Run.objects.filter(pk=run.pk).update(project=project)
    outbox.notify(user, kinds.RUN_FINISHED, subject="a fox", key="a", about=run)
    for is_member in (True, False):
        response: Any = logged_in(user).get("/account/data/archive/")
        files = read(b"".join(response.streaming_content))
        for name in (f"uploads/{upload.pk}/a.txt", f"results/{run.pk}/0.png"):
            assert (name in files) == is_member
        assert (b"fox" in b"".join(files.values())) == is_member
        members.leave(user, project) if is_member else None


def test_an_admin_s_log_does_not_say_on_whom_they_acted(user):
    eva = make_admin("eva")
    roles.set_role(user, Role.CURATOR, eva)
    entries = dict(contents.rows_of(eva))["accounts.AuditEntry"]
    rows = entries.values(*contents.columns(entries.model))
    assert [row["event"] for row in rows] == ["changed the role of"]
    assert "ana" not in str(list(rows))


def test_a_missing_file_is_named(user, run, tmp_path):
    default_storage.delete(run.artifacts.get().file)
    call_command("person_data", "ana", "--to", str(tmp_path / "ana.zip"))
    files = read((tmp_path / "ana.zip").read_bytes())
    assert f"results/{run.pk}/0.png could not be read" in files["README.txt"].decode()
    with pytest.raises(CommandError, match="no account eva"):
        call_command("person_data", "eva", "--to", str(tmp_path / "eva.zip"))


def test_an_admin_gives_a_reason_and_the_person_is_told(user, run):
    eva = logged_in(make_admin("eva"))
    address = f"/people/{user.pk}/data/archive/"
    assert eva.post(address).status_code == 422
    assert not Notification.objects.exists()
    response: Any = eva.post(address, {"reason": "ana has asked for it in a letter"})
    assert "playground.Run.json" in read(b"".join(response.streaming_content))
    notice = Notification.objects.get()
    assert (notice.user, notice.subject) == (user, "eva has taken your data as a file")
    assert "in a letter" in events().get(event="exported").detail
    assert Client().get("/account/data/archive/").status_code == 302


def test_each_model_has_one_line():
    lines = Counter([*labels(contents.PERSONAL), *labels(contents.NOT_PERSONAL)])
    models = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert set(lines) == models, "a model needs a line in house/operations/person_data/contents.py"
    assert max(lines.values()) == 1


@pytest.mark.django_db
def test_each_way_leads_to_a_person(user):
    of_person = {label: rows.count() for label, rows in contents.rows_of(user)}
    assert of_person.pop("auth.User") == 1
    assert of_person.pop("projects.Project") == 1  # the private project


def test_no_column_of_an_archive_is_a_secret():
    secret = {
        f"{label}.{column}"
        for label in labels(contents.PERSONAL)
        for column in contents.columns(apps.get_model(label))
        if SOUNDS_SECRET.search(column)
    }
    assert secret - set(NO_SECRETS) == set()
