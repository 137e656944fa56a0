"""Browsers of people, for tests of pages in projects."""

from django.test import Client

from tests.projects.people import person


def signed_in(name: str) -> Client:
    """Return the browser of the person with this name."""
    browser = Client()
    browser.force_login(person(name))
    return browser
