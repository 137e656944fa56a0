"""The pages of invitations: admins make and withdraw them, invited people follow them."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from accounts import mail
from accounts.models import QueuedMail
from core.encryption import cipher
from house import invitations
from house.models import Invitation
from projects.models import Membership, Project
from tests.house.made import invite, text_of
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
PAGE = "/people/invitations/"
ACCOUNT = {"username": "mara", "email": "mara@example.com", "password": "lantern-otter-7"}


@pytest.fixture
def fox(db: None) -> Project:
    """A shared project."""
    return make_project("Fox", tom="manager")


def mailed_token() -> str:
    """Return the token of the newest mailed invitation, which only the mail contains."""
    sealed = QueuedMail.objects.latest("pk").sealed
    text = cipher(mail.SALT).decrypt(bytes(sealed)).decode()
    return text.partition("/people/invitations/")[2].partition("/")[0]


def make_post(**changes: Any) -> dict[str, Any]:
    """Return the post of the form for a new invitation."""
    return {"role": "member", "email": "", "days": "7", "max_uses": "1", **changes}


def test_an_invitation_s_link_is_shown_once(admin, fox):
    posted = make_post(project=[fox.pk, ""], project_role=["viewer", "maker"])
    page = admin.post(PAGE, posted)
    link = page.context["link"]
    assert link.startswith("http://testserver/people/invitations/")
    assert link in page.content.decode()
    assert page.headers["Cache-Control"] == "private, no-store"
    assert link not in admin.get(PAGE).content.decode()
    assert "Fox: Viewer" in text_of(admin.get(PAGE))
    invitation = invitations.find(link.split("/")[-2])
    assert invitation
    assert [(i.project, i.role) for i in invitation.projects.all()] == [(fox, "viewer")]


def test_the_link_begins_with_the_public_address(admin, settings):
    settings.PUBLIC_URL = "https://vitrine.example"
    assert (
        admin.post(PAGE, make_post()).context["link"].startswith("https://vitrine.example/people/")
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"email": "nonsense"}, "That is not an e-mail address"),
        ({"email": "EVA@example.com"}, "eva has an account with this address"),
        ({"email": "old@example.com"}, "old had this address and has left."),
        ({"role": "king"}, "Select a valid choice"),
        ({"project": ["999"], "project_role": ["maker"]}, "Choose existing projects"),
        ({"project": ["FOX"], "project_role": ["king"]}, "Choose existing projects"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(admin, eva, fox, changes, sentence):
    User.objects.filter(pk=eva.pk).update(email="eva@example.com")
    User.objects.create_user("old", "old@example.com", is_active=False)
    posted = make_post(**{"max_uses": "7", **changes})
    if "project" in posted:
        posted["project"] = [str(fox.pk) if key == "FOX" else key for key in posted["project"]]
    page = admin.post(PAGE, posted)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert not Invitation.objects.exists()
    if "max_uses" not in changes:
        assert 'value="7"' in text_of(page)


def test_a_link_that_is_mailed_is_shown_to_nobody(admin, settings):
    admin.post(PAGE, make_post(email="mara@example.com"))
    assert not QueuedMail.objects.exists()  # this server sends no mail
    settings.EMAIL_URL, settings.PUBLIC_URL = "smtp://mail.example", "https://vitrine.example"
    page = text_of(admin.post(PAGE, make_post(email="mara@example.com")))
    assert QueuedMail.objects.get().to == "mara@example.com"
    token = mailed_token()
    assert token not in page
    assert token not in text_of(admin.get(PAGE))
    open_to_all = admin.post(PAGE, make_post())
    assert open_to_all.context["link"] in open_to_all.content.decode()


@pytest.mark.parametrize("mail_url", ["smtp://mail.example", ""])
def test_only_a_link_that_was_mailed_proves_the_address(admin, settings, mail_url):
    settings.EMAIL_URL, settings.PUBLIC_URL = mail_url, "https://vitrine.example"
    page = admin.post(PAGE, make_post(email="Mara@Example.com"))
    token = mailed_token() if mail_url else page.context["link"].split("/")[-2]
    Client().post(f"{PAGE}{token}/account/", ACCOUNT)
    mara = User.objects.get(username="mara")
    assert mara.email == "mara@example.com"
    addresses = EmailAddress.objects.filter(user=mara, verified=True, primary=True)
    assert list(addresses.values_list("email", flat=True)) == ["mara@example.com"] * bool(mail_url)


@pytest.mark.parametrize(
    ("is_active", "sentence"),
    [
        (True, "There is an account with this address. Log in"),
        (False, "The account with this address is closed. Ask eva to open it again."),
    ],
)
def test_an_address_that_was_taken_meanwhile_is_noticed(eva, is_active, sentence):
    _, token = invite(eva, email="mara@example.com")
    User.objects.create_user("other", "MARA@example.com", is_active=is_active)
    page = Client().post(f"{PAGE}{token}/account/", ACCOUNT)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert not User.objects.filter(username="mara").exists()
    assert Invitation.objects.get().uses == 0


def test_somebody_new_makes_an_account_and_is_logged_in(eva, fox):
    _, token = invite(eva, (fox, "maker"))
    browser = Client()
    assert "Fox" in text_of(browser.get(f"{PAGE}{token}/"))
    done = browser.post(f"{PAGE}{token}/account/", ACCOUNT)
    assert (done.status_code, done.headers["Location"]) == (302, "/projects/fox/")
    assert browser.get("/projects/fox/").status_code == 200
    mara = User.objects.get(username="mara")
    assert (mara.email, mara.check_password("lantern-otter-7")) == ("mara@example.com", True)
    assert Membership.objects.get(project=fox, user=mara).role == "maker"
    assert Client().get(f"{PAGE}{token}/").status_code == 410


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"username": "EVA"}, "Somebody else has this name."),
        ({"username": "Owner"}, "Somebody else has this name."),
        ({"email": "nonsense"}, "That is not an e-mail address"),
        ({"email": "Eva@Example.com"}, "There is an account with this address. Log in"),
        ({"email": "old@example.com"}, "The account with this address is closed. Ask eva"),
        ({"password": "password"}, "This password is too common."),
    ],
)
def test_a_form_with_errors_comes_back_with_what_was_typed(eva, changes, sentence):
    User.objects.filter(pk=eva.pk).update(email="eva@example.com")
    User.objects.create_user("old", "old@example.com", is_active=False)
    _, token = invite(eva)
    page = Client().post(f"{PAGE}{token}/account/", {**ACCOUNT, **changes})
    assert page.status_code == 422
    assert sentence in text_of(page)
    if "username" not in changes:
        assert 'value="mara"' in text_of(page)
    assert "lantern-otter-7" not in text_of(page)
    assert User.objects.count() == 2


def test_an_invitation_by_mail_makes_an_account_of_that_address(eva):
    _, token = invite(eva, email="mara@example.com")
    assert "mara@example.com" in text_of(Client().get(f"{PAGE}{token}/"))
    Client().post(f"{PAGE}{token}/account/", {**ACCOUNT, "email": "other@example.com"})
    assert User.objects.get(username="mara").email == "mara@example.com"


def test_who_has_an_account_logs_in_and_joins(eva, user, member, fox):
    _, token = invite(eva, (fox, "viewer"))
    page = text_of(Client().get(f"{PAGE}{token}/"))
    assert f'href="/login/?next=/people/invitations/{token}/"' in page
    joined = member.post(f"{PAGE}{token}/acceptance/", follow=True)
    assert "You have joined: “Fox”." in text_of(joined)
    assert joined.redirect_chain[-1][0] == "/projects/fox/"
    refused = member.post(f"{PAGE}{token}/acceptance/")
    assert "You have already joined by this invitation." in text_of(refused)


def test_an_expired_or_unknown_invitation_gets_a_sentence(eva, member):
    _, token = invite(eva)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    for browser in (Client(), member):
        page = browser.get(f"{PAGE}{token}/")
        assert page.status_code == 410
        assert "Ask eva for a new one." in text_of(page)
        page = browser.get(f"{PAGE}{token[:-2]}xx/")
        assert page.status_code == 404
        assert "There is no such invitation here." in text_of(page)
    posted = Client().post(f"{PAGE}{token}/account/", ACCOUNT)
    assert posted.status_code == 410
    assert not User.objects.filter(username="mara").exists()


def test_a_session_keeps_an_open_invitation_for_other_ways_to_sign_up(eva):
    invitation, token = invite(eva)
    browser = Client()
    browser.get(f"{PAGE}{token}/")
    assert browser.session["invitation"] == {"id": invitation.pk, "token": token}
    assert invitations.pending(browser.session) == invitation
