"""Our cookies have names of their own with the port: browsers send them to all ports of a host."""

import re

import pytest
from django.urls import reverse

from config.starting.settings_rules import public_port
from runs.models import Run

OURS = re.compile(r"vitrine_(session|csrf|theme|typed)_8000")


@pytest.mark.django_db
def test_every_cookie_is_named_with_our_prefix_and_the_port(client, user):
    user.set_password("correct horse")
    user.save()
    client.get("/login/")
    client.post("/login/", {"login": user.username, "password": "correct horse"})
    client.post(reverse("account-theme"), {"theme": "dark"})
    client.post(reverse("playground:runs-deletion"))  # this sets a message
    client.get(reverse("library:runs"))
    assert {name.split("_")[1] for name in client.cookies} >= {"session", "csrf", "theme"}
    assert [name for name in client.cookies if not OURS.fullmatch(name)] == []
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_logins_at_other_sites_of_this_host_do_not_end_ours(member):
    for name in ("sessionid", "csrftoken", "messages", "vitrine_session_9000", "vitrine_csrf_9000"):
        member.cookies[name] = "of another"
    page = member.get(reverse("account"))
    assert page.status_code == 200
    touched = [name for name, cookie in page.cookies.items() if not OURS.fullmatch(name)]
    assert touched == []


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("", None),
        ("https://vitrine.example.com", 443),
        ("http://vitrine.example.com", 80),
        ("https://vitrine.example.com:8443/x", 8443),
    ],
)
def test_cookie_names_use_the_port_of_the_public_address(address, port):
    """Processes behind a proxy listen on different ports and have to share the cookies."""
    assert public_port(address) == port
