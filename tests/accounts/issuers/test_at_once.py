"""Two simultaneous sign-ins or disconnections: one account, one remaining login, no traceback."""

from threading import Barrier
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from accounts.sign_in.adapter import AccountAdapter
from accounts.sign_in.issuers import connections, new_accounts
from tests.accounts.issuers.lying import LyingIssuer
from tests.accounts.issuers.visitor import Visitor, query_of
from tests.runs.at_once import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def test_two_first_sign_ins_at_once_make_one_account(
    liar: LyingIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, create = Barrier(2), new_accounts.create

    def create_together(*args: Any) -> Any:
        both.wait(10)
        return create(*args)

    monkeypatch.setattr(new_accounts, "create", create_together)
    liar.nonce = "same"
    visitors = [Visitor(Client()), Visitor(Client())]
    states = []
    with monkeypatch.context() as patch:
        patch.setattr("accounts.sign_in.issuers.providers.secrets.token_urlsafe", lambda _: "same")
        states = [query_of(visitor.begin("oidc"))["state"] for visitor in visitors]

    def come_back(number: int) -> Any:
        return visitors[number].come_back("oidc", code="c", state=states[number])

    pages = at_once(lambda: come_back(0), lambda: come_back(1))
    assert sorted(page.status_code for page in pages) in ([200, 200], [200, 409])
    assert User.objects.count() == SocialAccount.objects.count() == 1
    late = next((page for page in pages if page.status_code == 409), None)
    assert late is None or "Two logins at once" in late.content.decode()
    monkeypatch.setattr(new_accounts, "create", create)
    again = Visitor(Client())
    query = query_of(again.begin("oidc"))
    liar.nonce = query["nonce"]
    again.come_back("oidc", code="c", state=query["state"])
    assert again.user_id == User.objects.get().pk


def test_address_that_is_taken_while_an_account_is_made_makes_no_second_one(
    liar: LyingIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = new_accounts.create

    def create_after_another(*args: Any) -> Any:
        User.objects.create_user("other", "ana@example.com")
        return create(*args)

    monkeypatch.setattr(new_accounts, "create", create_after_another)
    visitor = Visitor(Client())
    query = query_of(visitor.begin("oidc"))
    liar.nonce = query["nonce"]
    page = visitor.come_back("oidc", code="c", state=query["state"])
    assert page.status_code == 409
    assert "Two logins at once" in page.content.decode()
    assert User.objects.get().username == "other"


def test_two_disconnections_at_once_leave_a_way_in(
    liar: LyingIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = User.objects.create_user("ana")
    accounts = [
        SocialAccount.objects.create(user=person, provider=liar.url, uid=uid, extra_data={})
        for uid in ("1", "2")
    ]
    browsers = [Client(), Client()]
    for browser in browsers:
        browser.force_login(person)
    monkeypatch.setattr(connections, "require_recent_login", lambda request: None)
    monkeypatch.setattr(AccountAdapter, "is_reauthentication_required", lambda *_, **__: False)

    def disconnect(number: int) -> Any:
        posted = {"account": accounts[number].pk}
        return browsers[number].post("/account/connections/disconnection/", posted)

    pages = at_once(lambda: disconnect(0), lambda: disconnect(1))
    assert sorted(page.status_code for page in pages) == [302, 422]
    assert SocialAccount.objects.count() == 1
