"""Erasing a person removes their name and everything of their own; work that others use stays."""

import io
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from accounts.audit.entries import AuditEntry
from api import tokens
from api.models import Token
from core.refusals import Refused
from features.boards.models import Board, Comment
from features.library.models import Prompt
from house.operations.person_data import erasure
from projects.models import Membership, Project
from projects.models.project import private_project
from runs.costs import ledger
from runs.files import purge, uploads
from runs.models import Charge, DiscardedContent, Draft, Run, Upload
from tests.features.library.test_archives import add_file
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db
both = pytest.mark.both_databases


@pytest.fixture
def fox(user: User, stranger: User) -> Project:
    User.objects.filter(pk=user.pk).update(email="ana@example.com", first_name="Anastasia")
    EmailAddress.objects.create(user=user, email="ana@example.com")
    user.refresh_from_db()
    return make_project("Fox", ana="manager", sam="maker")


def make_board(user: User, project: Project, run: Run) -> Board:
    return Board.objects.create(
        user=user, source=run.endpoint, project=project, form_token=str(project.pk)
    )


@both
def test_what_is_theirs_goes_and_what_others_rely_on_stays(user, eva, stranger, fox, make_run):
    private = make_run(state="succeeded", billable_units="2", project=private_project(user))
    hidden = make_run(state="succeeded", project=fox, is_hidden=True)
    shared = make_run(state="succeeded", project=fox)
    for run in (private, hidden, shared):
        add_file(run, content=str(run.pk).encode())
    mine, ours = make_board(user, private_project(user), private), make_board(user, fox, shared)
    comment = Comment.objects.create(board=ours, user=user, text="the left one")
    Prompt.objects.create(user=user, project=private_project(user), name="p", text="a fox")
    Draft.objects.create(user=user, endpoint=shared.endpoint, post={})
    tokens.create(user, "script")
    upload = uploads.store(user.pk, SimpleUploadedFile("a.txt", b"mine", "text/plain"))
    spent = ledger.spent_by_people([user.pk])
    browser = logged_in(user)
    name = erasure.erase(user, stranger, eva)
    assert name == f"erased-{user.pk}"
    assert browser.get("/runs/").status_code == 302
    row = User.objects.get(pk=user.pk)
    assert (row.username, row.email, row.first_name, row.is_active) == (name, "", "", False)
    assert not row.has_usable_password()
    purge.Purge().step()
    assert list(Run.objects.all()) == [shared]
    assert list(Board.objects.all()) == [ours]
    assert not Board.objects.filter(pk=mine.pk).exists()
    for kept in (Run.objects.get(), Board.objects.get()):
        assert (kept.user, kept.project) == (stranger, fox)
    comment.refresh_from_db()
    assert (comment.user, comment.text) == (None, "the left one")
    for model in (Prompt, Draft, Token, EmailAddress):
        assert not model._default_manager.filter(user=user).exists()
    assert not Upload.objects.filter(pk=upload.pk).exists()
    assert DiscardedContent.objects.count() == 3
    assert Membership.objects.get(project=fox).user == stranger
    assert Membership.objects.get(project=fox).role == "manager"
    assert ledger.spent_by_people([user.pk]) == spent
    assert Charge.objects.filter(user_id=user.pk).exists()


def test_no_new_line_of_the_log_has_the_name(user, eva, stranger, fox):
    tokens.create(user, "script")
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    erasure.erase(user, stranger, eva)
    entries = AuditEntry.objects.exclude(pk__in=before)
    assert entries.filter(event="erased", actor=eva, object_repr=f"erased-{user.pk}").count() == 1
    for entry in entries.values():
        assert not re.search(r"\bana\b|ana@|Anastasia", str(entry))
    assert not AuditEntry.objects.filter(actor=user).exists()


def test_a_result_that_others_use_stays(user, eva, stranger, fox, make_run):
    private = make_run(state="succeeded", project=private_project(user))
    artifact = add_file(private)
    make_run(
        state="succeeded",
        user=stranger,
        project=fox,
        arguments={"image_url": artifact.get_absolute_url()},
    )
    erasure.erase(user, stranger, eva)
    purge.Purge().step()
    assert Run.objects.filter(pk=private.pk).exists()


def test_the_last_admin_stays_and_so_does_who_has_runs_under_way(user, eva, stranger, make_run):
    with pytest.raises(Refused, match="only admin"):
        erasure.erase(eva, stranger, None)
    make_run(state="running", project=private_project(user))
    with pytest.raises(Refused, match="1 run of theirs is under way"):
        erasure.erase(user, stranger, eva)
    assert User.objects.get(pk=user.pk).username == "ana"


def test_the_page_says_what_goes_and_asks_for_the_name(user, eva, stranger, fox, make_run):
    make_run(state="succeeded", project=private_project(user))
    make_run(state="succeeded", project=fox)
    make_run(state="succeeded", project=fox)
    browser, address = logged_in(eva), f"/people/{user.pk}/data/"
    page = browser.get(address).content.decode()
    for words in ("<li>1 run</li>", "<li>2 runs</li>"):
        assert words in page
    wrong = browser.post(address, {"to": stranger.pk, "name": "Ana"})
    assert wrong.status_code == 422
    assert "Nothing was erased" in wrong.content.decode()
    assert User.objects.get(pk=user.pk).username == "ana"
    erased = browser.post(address, {"to": stranger.pk, "name": "ana"}, follow=True)
    assert f"erased-{user.pk}" in erased.content.decode()


def test_by_command(user, eva, fox, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _: "no")
    with pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase_person", "ana", stdout=io.StringIO())
    output = io.StringIO()
    call_command("erase_person", "ana", "--yes", stdout=output)
    assert f"the account is now called erased-{user.pk}" in output.getvalue()
    assert Membership.objects.get(project=fox, role="manager").user == eva
    with pytest.raises(CommandError, match="only admin"):
        call_command("erase_person", "eva", "--to", "sam", "--yes", stdout=io.StringIO())
