"""One sandbox per session, and another that runs a single request at a time."""

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.server import RunningSandbox, TlsHosts, start_sandbox, start_tls_hosts


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox without artificial waits, in its own process."""
    running = start_sandbox(tmp_path_factory.mktemp("sandbox"), pace=0)
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox that runs one request at a time; further requests queue."""
    running = start_sandbox(tmp_path_factory.mktemp("narrow"), pace=0, concurrency=1)
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsHosts]:
    """The sandbox's hosts over https, as fal's own clients require."""
    hosts = start_tls_hosts(tmp_path_factory.mktemp("tls"))
    yield hosts
    hosts.stop()


@pytest.fixture
def http(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    """An HTTP client that sends the key."""
    with httpx.Client(headers={"Authorization": f"Key {sandbox.key}"}, timeout=30) as client:
        yield client


@pytest.fixture(autouse=True)
def without_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    """Clear all faults after each test."""
    yield
    if "sandbox" in request.fixturenames:
        running: RunningSandbox = request.getfixturevalue("sandbox")
        headers = {"Authorization": f"Key {running.key}"}
        httpx.delete(f"{running.base}/_sandbox/faults", headers=headers)
        httpx.delete(f"{running.base}/_sandbox/catalogue", headers=headers)
        httpx.delete(f"{running.base}/_sandbox/bills", headers=headers)
