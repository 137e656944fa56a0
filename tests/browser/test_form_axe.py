"""axe-core finds nothing on any form: untouched, filled in and full of mistakes, in both themes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from sandbox.contract import openapi
from sandbox.models import MODELS
from schemas import Field, build, contract
from schemas.validation import validate
from tests.browser.axe import assert_clean
from tests.browser.forms import DOCUMENTS, NARROW, put, real, without_errors
from tests.schemas.laws import IS_LONG

pytestmark = pytest.mark.browser
# Each element's tag, classes, kind and the names of its attributes, with those of its parent.
ELEMENTS = """() => {
  const told = (one) => [one.tagName, one.className, one.type, ...one.getAttributeNames().sort()].join();
  return [...document.querySelectorAll("#fields *")].map((one) => told(one.parentNode) + told(one));
}"""
UNFOLD = "document.querySelectorAll('details').forEach((d) => (d.open = true))"


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """One page for one form after the other."""
    with without_errors() as watch:
        yield watch(chromium.new_page(viewport=NARROW))  # type: ignore[arg-type]


def assert_all_clean(page: Page, root: Field, value: Any = None, problems: Any = ()) -> None:
    """Everything unfolded."""
    put(page, root, value, problems).evaluate(UNFOLD)
    assert_clean(page)


@pytest.mark.parametrize("name", ["kit", *DOCUMENTS])
def test_axe_finds_nothing_where_much_is_wrong(page: Page, kit: Field, name: str) -> None:
    found, root = (None, kit) if name == "kit" else real(name)
    wrong = {
        "loras": [{"scale": 9}],
        "num_images": 99,
        "image_size": {"width": -1},
        "tags": ["x"],
        "image_urls": ["/u/a.png"],
    }
    problems = validate(found, wrong, root) if found else []
    assert_all_clean(page, root, wrong, problems)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_axe_finds_nothing_on_a_real_model(page: Page, name: str) -> None:
    assert_all_clean(page, real(name)[1])


def test_axe_finds_nothing_on_the_sandbox_models(page: Page) -> None:
    """Forms all of whose elements stood in an earlier one are left to `HYPOTHESIS_PROFILE=long`."""
    seen: set[str] = set()
    for model in MODELS:
        document = openapi.document(model, defaultdict(lambda: "http://127.0.0.1/"))
        put(page, build(contract(document, model.endpoint_id)), model.example()).evaluate(UNFOLD)
        elements = set(page.evaluate(ELEMENTS))
        if IS_LONG or elements - seen:
            assert_clean(page, model.endpoint_id)
        seen |= elements
