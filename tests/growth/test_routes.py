"""The time of a route grows with the size of a text or a file, in whatever control this is posted.

The resolver gives the routes, and the source the names of their controls, so new entry points are
measured without being listed. `ways.py` has the most expensive inputs of the known parsers.
"""

import gc
import json
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import MULTIPART_CONTENT

from tests.edges import test_routes
from tests.edges.test_routes import ROUTES
from tests.edges.values import files_of, names_of
from tests.growth.measuring import MOST_RATIO, slowness
from tests.sampling import SEED, sample

pytestmark = [pytest.mark.django_db, pytest.mark.system, pytest.mark.any_database]
world, browser, no_log = test_routes.world, test_routes.browser, test_routes.no_log

MOST_S = 1.0  # for the whole post, including its parsing
CHARS = 100_000  # in each control; a post has some sixty of them
FILE_CHARS = 2_000_000
# Repeated, each unit is the worst input of some pattern, parser or loop.
UNITS = ("x", " ", "\n", "*", "*z", "a\n", "[", '"', "@a ", "-", "{", "9", ",", "\u0301", "/*")


def post(address: str, unit: str, count: int) -> dict[str, Any]:
    """Return a form in which each control that the address's app reads has `count` characters."""
    text = (unit * count)[:count]
    app = test_routes.app_of(address)
    controls = {name: text for name in names_of(app) if name != "csrfmiddlewaretoken"}
    file_text = (unit * FILE_CHARS)[: count * FILE_CHARS // CHARS].encode()
    files = {name: SimpleUploadedFile(f"{name}.csv", file_text) for name in files_of(app)}
    return controls | files


def body(unit: str, count: int) -> str:
    """Return a JSON document with a long text and a long list, and a deep list behind them."""
    return json.dumps({"text": unit * count, "list": [unit] * count})[:-1] + ', "x": ' + "[" * count


def seconds(browser: Client, address: str, posted: Any) -> float:
    """Return how long the processor needs for a post, and undo its effects."""
    kind = "application/json" if isinstance(posted, str) else MULTIPART_CONTENT
    with transaction.atomic():
        gc.collect()  # the former post's texts: signals of the tests keep them in reference cycles
        gc.disable()
        try:
            # of the whole process, because an asynchronous view has a thread of its own
            began = time.process_time()
            response: Any = browser.post(address, posted, content_type=kind)
            if response.streaming:
                b"".join(response.streaming_content)
            return time.process_time() - began
        finally:
            gc.enable()
            transaction.set_rollback(True)


def is_linear(browser: Client, address: str, make: Callable[[int], Any]) -> bool:
    """Return whether the whole takes at most a second, or about twice as long as half of it."""
    for _ in range(3):  # because others use the processor as well
        whole = seconds(browser, address, make(CHARS))
        if whole <= MOST_S * slowness() / 2:
            return True
        half = seconds(browser, address, make(CHARS // 2))
        if whole <= MOST_S * slowness() and whole <= MOST_RATIO * half:
            return True
    return False


def test_what_is_posted_to_a_route_costs_as_much_as_it_is_long(world, browser):
    slow = []
    for name in sample(ROUTES, 6, by_seed=6):
        address = world.address(name)
        unit = random.Random(f"{SEED} {name}").choice(UNITS)
        for kind, make in (("form", partial(post, address, unit)), ("JSON", partial(body, unit))):
            if not is_linear(browser, address, make):
                slow.append((name, kind, unit))
    assert not slow, "\n".join(map(str, slow))
