"""People who find a vulnerability can read where to report it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.starting.settings_rules import parse_contact


def test_it_names_the_contact_and_ends_within_a_year(client, db, settings):
    settings.SECURITY_CONTACT = ""
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = parse_contact("holes@example.com")
    response = client.get("/.well-known/security.txt")
    assert response.content.startswith(b"Contact: mailto:holes@example.com\nExpires: 20")
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_a_contact_is_an_address():
    assert parse_contact("https://example.com/holes") == "https://example.com/holes"
    with pytest.raises(ImproperlyConfigured, match="SECURITY_CONTACT"):
        parse_contact("ring the bell")
