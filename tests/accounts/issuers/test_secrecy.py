"""Client secrets appear on no page, in no admin list, log or printed object."""

from collections.abc import Callable

import pytest
from allauth.socialaccount.models import SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter

from accounts.sign_in.issuers import from_settings
from config.logs import SECRETS
from tests.accounts.issuers.lying import SECRET
from tests.accounts.issuers.visitor import Visitor

pytestmark = pytest.mark.django_db


def test_secret_is_on_no_page(mock: Callable[..., None], visitor: Visitor) -> None:
    mock("s-1", email="ana@example.com", email_verified=True)
    visitor.log_in("oidc", "s-1")
    User.objects.update(is_staff=True, is_superuser=True)
    pages = ("/login/with/oidc/", "/account/", "/account/connections/", "/admin/", "/admin/status/")
    for address in pages:
        page = visitor.client.get(address)
        assert page.status_code == 200, address
        assert SECRET not in page.content.decode()
    page = Client().get("/login/")
    assert SECRET not in page.content.decode()


def test_applications_and_tokens_are_not_in_the_admin() -> None:
    assert not admin.site.is_registered(SocialApp)
    assert not admin.site.is_registered(SocialToken)


def test_secret_is_in_no_report_of_an_error(mock: Callable[..., None]) -> None:
    (app,) = from_settings.apps()
    assert app.secret == SECRET
    assert SECRET not in repr(app)
    report = ExceptionReporter(RequestFactory().get("/"), None, None, None)
    assert SECRET not in report.get_traceback_text()
    assert SECRET not in report.get_traceback_html()


def test_log_hides_codes_and_states() -> None:
    line = '"GET /login/with/oidc/callback/?code=abc123&state=xyz789 HTTP/1.1" 302'
    assert SECRETS.sub(r"\1[hidden]", line) == (
        '"GET /login/with/oidc/callback/?code=[hidden]&state=[hidden] HTTP/1.1" 302'
    )
