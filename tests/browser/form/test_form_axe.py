"""axe-core finds nothing on any form: untouched, filled in, full of errors, in both themes."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from schemas import Field
from schemas.validation import validate
from tests.browser.axe import assert_clean
from tests.browser.contexts import Contexts
from tests.browser.forms import NARROW, form_of, put
from tests.documents import document_ids
from tests.sampling import IS_EXHAUSTIVE, sample

pytestmark = pytest.mark.browser
# Tag, classes, type and attribute names of each element and of its parent.
ELEMENTS = """() => {
  const told = (one) => {
    const names = one.getAttributeNames().sort();
    return [one.tagName, one.className, one.type, ...names].join();
  };
  const all = [...document.querySelectorAll("#fields *")];
  return all.map((one) => told(one.parentNode) + told(one));
}"""
UNFOLD = "document.querySelectorAll('details').forEach((d) => (d.open = true))"
Form = tuple[str, Field, Any, Any]  # the model, its fields, the values, the problems
WRONG = {
    "loras": [{"scale": 9}],
    "num_images": 99,
    "image_size": {"width": -1},
    "tags": ["x"],
    "image_urls": ["/u/a.png"],
}


@pytest.fixture
def form_page(contexts: Contexts) -> Iterator[Page]:
    """One page that shows all forms one after the other."""
    yield contexts.take(viewport=NARROW).new_page()
    contexts.close_without_errors("422")


@pytest.fixture(scope="module")
def seen_elements() -> set[str]:
    """The elements of the forms so far."""
    return set()


def wrong(kit: Field) -> Iterator[Form]:
    """Yield forms with many errors."""
    yield "kit", kit, WRONG, []
    for name in sample(document_ids(), 2, by_seed=2):
        contract, root = form_of(name)
        yield name, root, WRONG, validate(contract, WRONG, root)


def untouched(kit: Field) -> Iterator[Form]:
    """Yield the forms of real models."""
    for name in document_ids():
        yield name, form_of(name)[1], None, []


@pytest.mark.parametrize(
    "forms",
    [wrong, pytest.param(untouched, marks=pytest.mark.exhaustive)],
)
def test_axe_finds_nothing(form_page, kit, forms, seen_elements):
    """A form without new elements is checked only by `make test-all`."""
    for name, root, value, problems in forms(kit):
        put(form_page, root, value, problems).evaluate(UNFOLD)
        elements = set(form_page.evaluate(ELEMENTS))
        if IS_EXHAUSTIVE or elements - seen_elements:
            assert_clean(form_page, name)
        seen_elements.update(elements)
