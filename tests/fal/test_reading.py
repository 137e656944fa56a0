"""A list's items are kept as they were written, whatever stands around them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fal
from fal.reading import item_texts

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
others = st.dictionaries(st.text(max_size=4).filter(lambda key: key != "models"), json_values)


@given(st.lists(json_values, max_size=4), others, others, st.sampled_from([None, 2]), st.booleans())
def test_each_item_keeps_its_original_text(items, before, after, indent, raw):
    text = json.dumps({**before, "models": items, **after}, indent=indent, ensure_ascii=not raw)
    texts = item_texts(text.encode(), "models")
    assert [json.loads(item_text) for item_text in texts] == items
    assert all(item_text in text for item_text in texts)


def test_numbers_keep_their_notation():
    content = b'{"has_more":false,"models":[ {"endpoint_id":"a/b","x": 1.10e2} , 7 ]}'
    assert item_texts(content, "models") == ['{"endpoint_id":"a/b","x": 1.10e2}', "7"]
    (item,) = fal.Page.from_bytes(content).models
    assert item.text == '{"endpoint_id":"a/b","x": 1.10e2}'


@pytest.mark.parametrize("content", [b'{"models":{}}', b'{"models":7}'])
def test_a_missing_list_is_an_error(content):
    with pytest.raises(ValueError, match="not a list"):
        item_texts(content, "models")
