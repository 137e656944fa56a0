"""Names are recognised in any spelling; only wrong words are corrected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.search import spelling
from tests.tables import each_row

KNOWN = {
    "kling": 9,
    "video": 50,
    "speech": 20,
    "text": 40,
    "upscaler": 3,
    "portrait": 5,
    "flux": 30,
}


@each_row(
    ("name", "word"),
    [
        ("flux1.1 [pro]", "flux"),
        ("flux1.1 [pro]", "1.1"),
        ("flux1.1 [pro]", "11"),
        ("kling-video/v2.1/master", "2.1"),
        ("kling-video/v2.1/master", "21"),
        ("kling-video/v2.1/master", "v2"),
        ("hunyuan3d-v21", "hunyuan"),
        ("hunyuan3d-v21", "3d"),
        ("hunyuan3d-v21", "21"),
        ("ltx-2-19b", "19b"),
        ("wan/v2.2-5b", "5b"),
    ],
)
def test_names_are_found_by_each_spelling(name, word):
    assert word in spelling.name_words(name)


@pytest.mark.parametrize(("name", "word"), [("kling v2.1", "1"), ("gpt-image-1.5", "1")])
def test_names_are_not_found_by_a_digit_of_a_version(name, word):
    assert word not in spelling.name_words(name)


@each_row(
    ("slip", "meant"),
    [
        ("klng", "kling"),
        ("klign", "kling"),
        ("vidoe", "video"),
        ("speach", "speech"),
        ("upscalr", "upscaler"),
        ("xqzw", ""),
        ("upscailler", "upscaler"),
        ("portal", ""),
        ("whisper", ""),
        ("kl", ""),
        ("2.11", ""),
    ],
)
def test_typing_errors_are_corrected(slip, meant):
    assert spelling.correction(slip, KNOWN) == meant


@given(st.text(max_size=60))
def test_any_text_has_words_without_signs(text):
    normal = spelling.normalize(text)
    for word in [*spelling.split_words(normal), *spelling.name_words(normal)]:
        assert word
        assert not any(sign.isspace() or sign in "\"'*()-:&|!<>" for sign in word)
