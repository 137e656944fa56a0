"""Caches are limited in bytes, drop the least recently used entry, and report their total."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User

from core import byte_cache
from core.byte_cache import ByteCache, byte_cached, size_of


def test_a_cache_stays_within_its_size():
    cache: ByteCache[str] = ByteCache("a test", 10_000, len)
    for number in range(1000):
        cache.put(number, "x" * 300)
        assert cache.currsize <= 10_000
    assert len(cache) == 10_000 // (300 + byte_cache.ENTRY_BYTES)
    assert cache.get(999) == "x" * 300
    assert cache.get(0) is None


def test_recently_used_entries_stay():
    cache: ByteCache[str] = ByteCache("a test", 2500, len)
    for key in "abc":
        cache.put(key, key * 400)
    assert cache.get("a") == "a" * 400
    for key in "de":
        cache.put(key, key * 400)
    assert [key for key in "abcde" if cache.get(key)] == ["a", "c", "d", "e"]


def test_a_value_larger_than_the_cache_is_not_stored():
    cache: ByteCache[str] = ByteCache("a test", 10_000, len)
    cache.put("small", "x")
    cache.put("huge", "x" * 10_000)
    assert cache.get("huge") is None
    assert cache.get("small") == "x"


def test_a_cached_function_is_called_once_even_if_it_returns_none():
    computed = []

    @byte_cached(10_000)
    def compute(name: str) -> None:
        computed.append(name)

    for name in ("a", "a", "b", "a"):
        assert compute(name) is None
    assert computed == ["a", "b"]


def test_a_cache_key_does_not_keep_its_arguments_alive():
    @byte_cached(10_000, key=lambda whole, name: name)
    def compute(whole: object, name: str) -> str:
        return name

    whole = object()
    assert compute(whole, "a") == compute(object(), "a") == "a"
    assert size_of(compute) < 1000


def test_the_size_of_an_entry_includes_its_key():
    @byte_cached(100_000)
    def nothing(value: str) -> None:
        return None

    for number in range(100):
        nothing(f"{number}" + "x" * 10_000)
    cache = byte_cache._caches[f"{__name__}.nothing"]
    assert 0 < len(cache) < 10


def test_the_size_of_a_value_includes_its_contents():
    text = "x" * 100_000
    assert 100_000 < size_of({"a": [text, text], "b": str}) < 101_000


def test_threads_share_one_cache():
    cache: ByteCache[int] = ByteCache("a test", 50_000, lambda value: 100)

    def work(start: int) -> None:
        for number in range(start, start + 2000):
            cache.put(number % 300, number)
            cache.get(number % 200)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert 0 < cache.currsize <= 50_000
    assert cache.currsize == len(cache) * (100 + byte_cache.ENTRY_BYTES)


@pytest.mark.django_db
def test_only_the_operator_sees_cache_sizes(client, user):
    assert "caches" not in client.get("/healthz").json()
    client.force_login(user)
    assert "caches" not in client.get("/healthz").json()
    client.force_login(User.objects.create_user("ops", is_staff=True))
    caches = client.get("/healthz").json()["caches"]
    assert caches["bytes"] == sum(caches["each"].values())
    assert caches["bytes"] <= caches["most_bytes"]
    assert caches["most_bytes"] < 72 << 20
