"""A forgotten password: requested on a page, mailed by the worker, chosen through the link."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import mail as mail_queue
from accounts.models import QueuedMail

pytestmark = pytest.mark.django_db
RESET = "/login/reset/"


@pytest.fixture(autouse=True)
def configured(settings: Any) -> None:
    settings.EMAIL_URL, settings.PUBLIC_URL = "smtp://localhost", "https://vitrine.example"


@pytest.fixture
def ana(user: User) -> User:
    user.email = "ana@example.com"
    user.save()
    return user


def ask(client: Client, email: str = "ana@example.com") -> Any:
    return client.post(RESET, {"email": email})


def link(text: str) -> str:
    match = re.search(r"https://vitrine\.example(\S+)", text.partition("Choose it here:")[2])
    assert match
    return match[1]


def test_the_link_in_the_mail_uses_the_public_address(client, ana, settings):
    settings.ALLOWED_HOSTS = ["*"]
    settings.PUBLIC_URL = "https://vitrine.example"
    client.post(RESET, {"email": "ana@example.com"}, headers={"host": "vitrine.evil"})
    mail_queue.send_due()
    (sent,) = mail.outbox
    assert "evil" not in str(sent.body)
    assert "https://vitrine.example/login/reset/" in str(sent.body)


def test_a_reset_sets_a_password_and_ends_every_session(client, ana):
    elsewhere = Client()
    elsewhere.force_login(ana)
    assert ask(client, "ANA@example.com").url == "/login/reset/sent/"
    assert mail.outbox == []
    mail_queue.send_due()
    (sent,) = mail.outbox
    assert sent.to == ["ana@example.com"]
    assert not QueuedMail.objects.exists()
    page = client.get(link(str(sent.body)), follow=True)
    address = page.redirect_chain[-1][0]
    password = "a lighthouse at dusk"
    short = client.post(address, {"password1": "short", "password2": "short"})
    assert "too short" in short.content.decode()
    client.post(address, {"password1": password, "password2": password})
    assert client.login(username="ana", password=password)
    assert elsewhere.get("/account/").status_code == 302
    again = Client().get(link(str(sent.body)), follow=True)
    assert "This link no longer works" in again.content.decode()


def test_reset_requests_are_throttled_like_sign_in(client, ana):
    answers = [ask(client, "nobody@example.com") for _ in range(6)]
    assert [response.status_code for response in answers] == [302] * 5 + [429]
    assert "Wait" in answers[-1].content.decode()
    assert answers[-1]["Retry-After"]


def test_the_answer_reveals_no_account_and_only_its_address_gets_mail(client, ana):
    User.objects.create_user("off", email="off@example.com", is_active=False)
    User.objects.create_user("mike", email="mike@example.org")
    for email in (
        "off@example.com",
        "m\N{LATIN SMALL LETTER DOTLESS I}ke@example.org",
        "nobody@example.com",
    ):
        answer = ask(client, email)
        assert answer.status_code in {302, 422}
        if answer.status_code == 302:
            assert answer.url == "/login/reset/sent/"
    assert not QueuedMail.objects.exists()


def test_without_mail_the_page_says_so(client, ana, settings):
    settings.EMAIL_URL = ""
    assert "sends no mail" in ask(client).content.decode()
    assert not QueuedMail.objects.exists()
    assert mail_queue.send_due() == mail_queue.LONGEST_PAUSE_S


def test_an_unreachable_mail_server_is_retried_and_abandoned(client, ana, settings):
    settings.EMAIL_BACKEND = "tests.accounts.profile.test_password_reset.Away"
    ask(client)
    for attempt in range(1, mail_queue.TRIES):
        QueuedMail.objects.update(next_attempt_at=timezone.now())
        mail_queue.send_due()
        waiting = QueuedMail.objects.get()
        assert waiting.attempts == attempt
        assert waiting.next_attempt_at > timezone.now()
    QueuedMail.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    mail_queue.send_due()
    assert not QueuedMail.objects.exists()


class Away:
    """A mail server that does not answer."""

    def __init__(self, **_: Any) -> None: ...

    def send_messages(self, messages: Any) -> int:
        """Fail."""
        raise OSError("no route to host")
