"""Issuers on real sockets: an honest mock of OpenID Connect, and one that lies."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from django.test import Client

from config.starting import issuers
from tests.accounts.issuers import lying
from tests.accounts.issuers.lying import LyingIssuer
from tests.accounts.issuers.visitor import Visitor

Configure = Callable[..., None]


@pytest.fixture(autouse=True)
def mocks_authlib_is_old() -> Iterator[None]:
    """The mock uses parts of Authlib that a coming release of it will not have."""
    with _without_authlibs_warnings():
        yield


@contextmanager
def _without_authlibs_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        import authlib.deprecate  # noqa: F401  has its warnings shown, before ours are set

        for message in ("authlib.jose module is deprecated", r"get_jwt_config\("):
            warnings.filterwarnings("ignore", message, DeprecationWarning)
        yield


@pytest.fixture(scope="session")
def mock_url() -> Iterator[str]:
    """The address of an honest issuer (oidc-provider-mock), where any subject may log in."""
    with _without_authlibs_warnings():
        import oidc_provider_mock

        with oidc_provider_mock.run_server_in_thread() as server:
            yield f"http://localhost:{server.server_port}"


@pytest.fixture
def configure(settings: Any) -> Configure:
    """`configure(OIDC_ISSUER=…)`: as if these variables were in the environment."""

    def set_issuers(**variables: str) -> None:
        settings.SOCIALACCOUNT_PROVIDERS = issuers.read(lambda name: variables.get(name, ""))
        domains = variables.get("SIGN_UP_DOMAINS", "")
        settings.SIGN_UP_DOMAINS = issuers.read_domains(domains)

    return set_issuers


@pytest.fixture
def mock(mock_url: str, configure: Configure) -> Callable[..., None]:
    """Vitrine with the honest issuer; `mock("subject", email=…)` says who somebody is there."""
    configure(**of_mock(mock_url), SIGN_UP_DOMAINS="example.com")

    def tell(subject: str, **claims: Any) -> None:
        httpx.put(f"{mock_url}/users/{subject}", json=claims).raise_for_status()

    return tell


def of_mock(url: str, **more: str) -> dict[str, str]:
    """Return the variables that name the honest issuer."""
    return {
        "OIDC_ISSUER": url,
        "OIDC_NAME": "Acme",
        "OIDC_CLIENT_ID": lying.CLIENT_ID,
        "OIDC_CLIENT_SECRET": lying.SECRET,
        **more,
    }


@pytest.fixture
def liar(configure: Configure) -> Iterator[LyingIssuer]:
    """Vitrine with an issuer that lies as the test says."""
    with lying.serve() as issuer:
        configure(**of_mock(issuer.url), SIGN_UP_DOMAINS="example.com")
        yield issuer


@pytest.fixture
def visitor(db: None) -> Visitor:
    """Somebody who is not logged in."""
    return Visitor(Client(raise_request_exception=True))
