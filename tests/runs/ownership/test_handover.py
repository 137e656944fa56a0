"""A person's work is handed over in one step: all of it, or only what is private."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import CASCADE, PROTECT

from catalog.models import Collection, Favourite, Note
from core.refusals import Refused
from features.boards.models import Board
from features.flows.models import Flow, FlowRun
from features.library.models import Prompt
from features.library.prompts import saving
from features.library.prompts.saving import Values
from projects.models.project import private_project
from runs.models import Preset, Run, Share, Upload
from runs.ownership import handover
from tests.projects.people import make_project

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
# Rows that belong to the account and are useless to others.
GOES_ALONG = {
    "admin.LogEntry",
    "auth.User_groups",
    "auth.User_user_permissions",
    "accounts.LoginLink",
    "accounts.Preferences",
    "library.Destination",
    "account.EmailAddress",
    "allauth_idp_oidc.Client",
    "allauth_idp_oidc.Token",
    "mfa.Authenticator",
    "socialaccount.SocialAccount",
    "usersessions.UserSession",
    "catalog.Reader",
    "catalog.Favourite",
    "playground.Draft",
    "api.Token",
    "api.ProxyFile",
    "api.ProxyPart",
    "projects.Look",
    "api.KeyedCall",
    "playground.UploadReservation",
    "boards.PlanDraft",
    "boards.Vote",
    "projects.Project",
    "projects.Membership",
    "projects.Choice",
    "projects.Move",
    "retirement.Replacement",
    "sharing.Comment_mentioned",
    "people.Joining",
    "notifications.Notification",
    "notifications.Channel",
    "spending.Budget",
    "spending.BudgetRequest",
    "notifications.Delivery",
    "notifications.RunEnd",
    "notifications.NotificationPreferences",
}


@pytest.fixture
def admin(db: None) -> User:
    """The admin who removes a person."""
    return User.objects.create_user("eva", password="pw", is_staff=True, is_superuser=True)


def make_upload(user: User, digest: str = "d") -> Upload:
    return Upload.objects.create(
        user=user,
        digest=digest,
        file="d/d.png",
        file_name="x.png",
        content_type="image/png",
        size_bytes=1,
    )


def test_every_relation_to_a_user_is_handed_over_or_deleted():
    passed = {relation.model._meta.label for relation in handover.relations()}
    for relation in User._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete:
            label = relation.related_model._meta.label  # type: ignore[union-attr]
            if getattr(relation, "on_delete", None) in {CASCADE, PROTECT}:
                assert label in passed | GOES_ALONG, f"decide what becomes of {label}"


def test_a_handover_moves_everything_and_deletes_the_account(make_run, user, stranger, admin):
    run = make_run(state="succeeded")
    running = make_run(state="running")
    endpoint = run.endpoint
    upload = make_upload(user)
    Preset.objects.create(endpoint=endpoint, user=user, name="foggy", arguments={})
    share = Share.objects.create(endpoint=endpoint, user=user, arguments={})
    Collection.objects.create(owner=user, slug="best", title="Best")
    board = Board.objects.create(user=user, source=endpoint, form_token="t")
    Board.objects.create(user=stranger, source=endpoint, form_token="t")
    flow = Flow.objects.create(user=user, name="f", definition={"steps": []})
    flow_run = FlowRun.objects.create(user=user, flow=flow, form_token="t", definition={})
    note = Note.objects.create(user=user, endpoint=endpoint, text="n")
    Favourite.objects.create(user=user, endpoint=endpoint)
    saving.create(user, private_project(user), Values("Fox", "a fox"))
    passed = handover.remove(user, stranger, admin)
    assert {relation.label: relation.number for relation in passed} == {
        "runs": 2,
        "uploads": 1,
        "presets": 1,
        "links": 1,
        "collections": 1,
        "boards": 1,
        "flows": 1,
        "runs of flows": 1,
        "prompts": 1,
        "series": 0,
        "views": 0,
        "shares": 0,
    }
    prompt = Prompt.objects.get()
    assert (prompt.user, prompt.project) == (stranger, private_project(stranger))
    assert not User.objects.filter(username="ana").exists()
    assert set(Run.objects.filter(user=stranger)) == {run, running}
    for thing in (upload, share, board, flow, flow_run):
        thing.refresh_from_db()
        assert thing.user == stranger
    assert Collection.objects.get().owner == stranger
    note.refresh_from_db()
    assert note.user is None
    assert not Favourite.objects.exists()


def test_records_that_both_accounts_have_are_both_kept(make_run, user, stranger, admin):
    runs = [make_run(user=owner, form_token="t") for owner in (user, stranger)]
    uploads = [make_upload(owner) for owner in (user, stranger)]
    for owner in (user, stranger):
        Preset.objects.create(endpoint=runs[0].endpoint, user=owner, name="n" * 80, arguments={})
    handover.remove(user, stranger, admin)
    assert Run.objects.filter(user=stranger).count() == 2
    assert set(Upload.objects.filter(user=stranger)) == set(uploads)
    names = set(Preset.objects.filter(user=stranger).values_list("name", flat=True))
    assert len(names) == 2
    assert any("(ana " in name for name in names)


def test_only_what_clashes_where_it_goes_is_renamed(make_run, user, stranger, admin):
    project = make_project("Fox", ana="maker", ben="maker", eva="manager")
    endpoint = make_run().endpoint
    preset = {"endpoint": endpoint, "name": "foggy", "arguments": {}}
    Preset.objects.create(user=stranger, project=private_project(stranger), **preset)
    private = Preset.objects.create(user=user, project=private_project(user), **preset)
    shared = Preset.objects.create(user=user, project=project, **preset)
    make_upload(stranger)
    upload = make_upload(user)
    Upload.objects.filter(pk=upload.pk).update(project=project)
    handover.hand_over_shared(user, stranger)
    for row in (private, shared, upload):
        row.refresh_from_db()
    assert (private.name, shared.name, upload.digest) == ("foggy", "foggy", "d")
    assert (shared.user, upload.user) == (stranger, stranger)
    handover.hand_over_private(user, stranger)
    private.refresh_from_db()
    assert private.name.startswith("foggy (ana ")


def test_a_failed_handover_changes_nothing(make_run, user, stranger, admin, monkeypatch):
    run = make_run()

    def fail(*_: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(User, "delete", fail)
    with pytest.raises(IntegrityError):
        handover.remove(user, stranger, admin)
    run.refresh_from_db()
    assert run.user == user


def test_ones_own_account_and_the_last_admin_cannot_be_removed(user, admin):
    with pytest.raises(Refused, match="You are the only admin"):
        handover.remove(admin, user, admin)
    User.objects.create_superuser("boss")
    with pytest.raises(Refused, match="your own account"):
        handover.remove(admin, user, admin)
    with pytest.raises(Refused, match="somebody else"):
        handover.remove(user, user, admin)
    assert User.objects.count() == 3
