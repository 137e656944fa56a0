"""Error pages show no key, token or password, not even with DEBUG; they are still useful."""

import pytest
from django.conf import settings as configured
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.debug import SafeExceptionReporterFilter

from api import tokens
from config.urls import handler500
from config.urls import urlpatterns as own_patterns

pytestmark = pytest.mark.django_db
PASSWORD = "lantern-otter-7"


def fail(request: HttpRequest) -> HttpResponse:
    """Raise an error with secrets in local variables, alone and inside other values."""
    header = request.headers.get("Authorization", "")
    upstream = {"headers": {"Authorization": f"Key {configured.FAL_KEY}"}}
    plain = "a plain value"
    posted = request.POST
    raise RuntimeError(f"broken with {len(header)}, {len(upstream)}, {plain}, {len(posted)}")


def fail_as_django(request: HttpRequest) -> HttpResponse:
    """Raise the same error with Django's own filter."""
    request.exception_reporter_filter = SafeExceptionReporterFilter()
    return fail(request)


urlpatterns = [path("fails/", fail), path("fails/as/django/", fail_as_django), *own_patterns]
assert handler500


@pytest.mark.parametrize("debug", [True, False])
def test_error_pages_show_no_secret(client, user, settings, debug, leaks):
    settings.DEBUG, settings.ROOT_URLCONF = debug, __name__
    settings.DATABASE_URL = f"postgres://vitrine:{PASSWORD}@db/vitrine"
    client.force_login(user)
    client.raise_request_exception = False
    _, secret = tokens.create(user, "watched")
    posted = {"password": PASSWORD, "title": "a plain title"}
    page = client.post("/fails/", posted, headers={"authorization": f"Bearer {secret}"})
    assert page.status_code == 500
    text = page.content.decode()
    assert PASSWORD not in text
    assert leaks == []
    assert ("a plain value" in text, "a plain title" in text) == (debug, debug)
