"""Issuers on real sockets: an honest mock of OpenID Connect, and a lying one."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from django.test import Client

from config.starting import issuers
from tests.accounts.issuers import honest, lying
from tests.accounts.issuers.lying import LyingIssuer
from tests.accounts.issuers.visitor import Visitor

Configure = Callable[..., None]
Tell = Callable[..., None]


@pytest.fixture(autouse=True)
def quiet_authlib() -> Iterator[None]:
    """Warnings of the mock's library fail no test."""
    with honest.without_warnings_of_authlib():
        yield


@pytest.fixture(scope="session")
def mock_url() -> Iterator[str]:
    """The address of an honest issuer."""
    with honest.serve() as url:
        yield url


@pytest.fixture
def configure(settings: Any) -> Configure:
    """`configure(OIDC_ISSUER=…)`: apply these variables as if the environment had them."""

    def set_issuers(**variables: str) -> None:
        settings.SOCIALACCOUNT_PROVIDERS = issuers.read(lambda name: variables.get(name, ""))
        domains = variables.get("SIGN_UP_DOMAINS", "")
        settings.SIGN_UP_DOMAINS = issuers.read_domains(domains)

    return set_issuers


@pytest.fixture
def mock(mock_url: str, configure: Configure) -> Tell:
    """Vitrine with the honest issuer; `mock("subject", email=…)` sets claims about a subject."""
    configure(**honest.variables(mock_url), SIGN_UP_DOMAINS="example.com")
    return partial(honest.tell, mock_url)


@pytest.fixture
def liar(configure: Configure) -> Iterator[LyingIssuer]:
    """Vitrine with an issuer that lies as the test says."""
    with lying.serve() as issuer:
        configure(**honest.variables(issuer.url), SIGN_UP_DOMAINS="example.com")
        yield issuer


@pytest.fixture
def visitor(db: None) -> Visitor:
    """A visitor who is not logged in."""
    return Visitor(Client())
