"""Throttling of password attempts, its messages, and its log lines."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from accounts.audit.entries import AuditEntry
from accounts.limits import throttle
from accounts.models import SignInCounter

pytestmark = pytest.mark.django_db
HERE, THERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def ana(user: User) -> User:
    user.set_password("right")
    user.save()
    return user


def sign_in(
    client: Client, password: str, address: str = HERE, name: str = "ana", path: str = "/login/"
) -> Any:
    posted = {"login": name, "password": password}
    return client.post(path, posted, REMOTE_ADDR=address)


def wait_is_over() -> None:
    SignInCounter.objects.update(wait_until=timezone.now() - timedelta(seconds=1))


def test_the_right_password_must_wait_after_many_wrong_ones(client, ana):
    for _ in range(12):
        sign_in(client, "wrong")
    response = sign_in(client, "right")
    assert response.status_code == 429
    assert "_auth_user_id" not in client.session
    assert 0 < int(response.headers["Retry-After"]) <= throttle.RULES[throttle.PAIR].first_wait_s


@pytest.mark.both_databases
def test_each_wait_is_in_the_audit_log_once_however_many_try(client, ana):
    free = throttle.RULES[throttle.PAIR].free
    throttled = AuditEntry.objects.filter(event="was throttled signing in as").order_by("pk")
    for _ in range(free):
        sign_in(client, "wrong")
    assert not throttled.exists()
    for _ in range(4):
        sign_in(client, "wrong")
    entry = throttled.get()
    assert (entry.object_repr, entry.actor_name, entry.remote_addr) == ("ana", "somebody", HERE)
    assert re.fullmatch(r"the next attempt in \d+ seconds", entry.detail)
    wait_is_over()
    for _ in range(4):
        # one failure begins the next wait, during which the others are refused
        sign_in(client, "wrong")
    assert throttled.count() == 2
    for _ in range(free + 2):
        sign_in(client, "wrong", name="s3cret")
    assert throttled.count() == 3
    assert throttled.reverse()[0].object_repr == "an unknown name"


def test_after_the_wait_the_right_password_is_accepted(client, ana):
    for _ in range(10):
        sign_in(client, "wrong")
    wait_is_over()
    assert sign_in(client, "right").status_code == 302
    assert throttle.wait_s("ana", HERE) == 0


@pytest.mark.both_databases
def test_each_further_failure_doubles_the_wait_up_to_a_limit(ana):
    waits = []
    for _ in range(14):
        wait_is_over()
        assert throttle.record_attempt("ana", HERE) == 0
        waits.append(throttle.wait_s("ana", HERE))
    rule = throttle.RULES[throttle.PAIR]
    assert waits[: rule.free + 2] == [0, 0, 0, 0, 30, 60, 120]
    assert waits[-1] == rule.longest_wait_s


def test_one_address_does_not_lock_the_account_for_others(client, ana):
    for _ in range(12):
        sign_in(client, "wrong")
    assert sign_in(client, "right", THERE).status_code == 302


def test_guesses_from_many_addresses_do_not_lock_out_the_owner(client, ana):
    assert sign_in(client, "right").status_code == 302
    client.logout()
    for number in range(throttle.RULES[throttle.ACCOUNT].free):
        sign_in(client, "wrong", f"198.51.100.{number}")
    # an address with no earlier login by ana
    assert sign_in(client, "right", "192.0.2.1").status_code == 429
    assert sign_in(client, "right").status_code == 302


def test_one_address_cannot_try_one_password_on_every_account(client, ana):
    for number in range(throttle.RULES[throttle.ADDRESS].free):
        sign_in(client, "summer", name=f"somebody{number}")
    assert sign_in(client, "right").status_code == 429


@pytest.mark.parametrize("name", ["ANA", "\uff41na"])
def test_spellings_of_a_name_share_one_counter(client, ana, name):
    for _ in range(5):
        sign_in(client, "wrong", name=name)
    assert sign_in(client, "right").status_code == 429


def test_all_addresses_of_an_ipv6_network_share_one_counter(client, ana):
    for number in range(5):
        sign_in(client, "wrong", f"2001:db8::{number:x}")
    assert sign_in(client, "right", "2001:db8::ffff").status_code == 429
    assert sign_in(client, "right", "2001:db8:0:1::1").status_code == 302


def test_the_admin_sends_to_the_throttled_login(client, ana):
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=%2Fadmin%2F"
    assert sign_in(client, "right", path="/admin/login/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_forwarded_address_counts_only_behind_a_proxy(client, ana, settings):
    def tries(count: int) -> int:
        for number in range(count):
            forwarded = f"192.0.2.{number}, 203.0.113.{number}"
            posted = {"login": "ana", "password": "wrong"}
            response = client.post("/login/", posted, headers={"x-forwarded-for": forwarded})
        return int(response.status_code)

    settings.PUBLIC_URL = "https://vitrine.test"
    assert tries(8) == 422  # eight clients, according to the proxy
    settings.PUBLIC_URL = ""
    assert tries(8) == 429  # one client, whatever its header claims


def test_successes_and_failures_are_logged_with_their_address(client, ana, caplog):
    caplog.set_level(logging.INFO, "accounts.sign_in")
    sign_in(client, "wrong")
    sign_in(client, "right")
    client = Client()
    sign_in(client, "x", name="hunter2")  # a password in the wrong field
    for _ in range(6):
        sign_in(client, "wrong", THERE)
    lines = [r.getMessage() for r in caplog.records if r.name == "accounts.sign_in"]
    assert lines[0] == f"sign-in of 'ana' from {HERE} failed"
    assert lines[1] == f"'ana' signed in from {HERE}"
    assert lines[2] == f"sign-in of an unknown name from {HERE} failed"
    assert lines[-1].startswith(f"sign-in of 'ana' from {THERE} refused for ")
    assert "hunter2" not in caplog.text


@pytest.mark.both_databases
def test_old_counters_are_deleted(ana):
    throttle.record_attempt("ana", HERE)
    throttle.record_attempt("sam", THERE)
    throttle.record_success("sam", THERE)
    SignInCounter.objects.update(updated_at=timezone.now() - timedelta(days=1))
    throttle.delete_expired()
    # the row that makes an address trusted stays
    assert SignInCounter.objects.exclude(signed_in_at=None).count() == 1
    assert SignInCounter.objects.count() == 1
