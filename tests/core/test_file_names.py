"""Names that we give to files can be stored on every system, whatever text they come from."""

import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from core.file_names import MAX_PORTABLE_BYTES, numbered_name, portable_name, shorten

SUFFIXES = st.sampled_from(["", ".png", ".safetensors", ".run.json"])
DEVICES = ["con", "PRN", "aux.tar", "nul ", "COM1", "lpt\u00b9.x", "conin$"]
# Names that Windows takes for devices, whatever follows a dot. Python 3.13 deprecates
# `is_reserved`.
DEVICE = r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?"
# Texts of all kinds, with more of the characters that systems and readers misread.
STEMS = st.one_of(
    st.text(max_size=300),
    st.text(
        st.sampled_from('<>:"/\\|?*\x00\x1f\x7f\u202e\u2066\u200f\ufeff .-a\u0301é🦊'), max_size=300
    ),
    st.sampled_from(DEVICES),
    st.builds("{}{}x".format, st.sampled_from(DEVICES), st.text("-. ", max_size=200)),
)


def assert_portable(name: str, suffix: str) -> None:
    assert 0 < len(name.encode()) <= MAX_PORTABLE_BYTES
    assert name.endswith(suffix)
    assert name == unicodedata.normalize("NFC", name)
    assert not regex.search(r'[<>:"/\\|?*]', name)
    assert not regex.search(r"[\p{C}--[\u200c\u200d]]", name, regex.V1)
    assert name[0] not in " .-"
    assert name[-1] not in " ."
    assert not regex.fullmatch(DEVICE, name)
    assert PurePosixPath(name).name == PureWindowsPath(name).name == name


@given(STEMS, SUFFIXES)
@example("con" + "-" * 200 + "x", "")  # after the cut, the rest is a device
@example("con." + "a" * 200, ".png")
def test_every_text_becomes_a_name_for_every_system(stem, suffix):
    name = portable_name(stem, suffix)
    assert_portable(name, suffix)
    assert portable_name(name.removesuffix(suffix), suffix) == name


@given(STEMS, SUFFIXES, st.integers(2, 5000))
def test_a_numbered_name_is_one_too(stem, suffix, number):
    name = numbered_name(portable_name(stem, suffix), number)
    assert_portable(name, "")
    assert f"-{number}" in name


@given(st.text(), st.integers(0, 60))
def test_a_text_is_shortened_between_the_characters_that_people_see(text, size):
    short = shorten(text, size)
    assert text.startswith(short)
    assert len(short.encode()) <= size
    whole = regex.findall(r"\X", text)
    kept = len(regex.findall(r"\X", short))
    assert "".join(whole[:kept]) == short
    if short != text:
        assert len((short + whole[kept]).encode()) > size


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.png",
        ),
        ("photo\u202egpj", "photogpj.png"),
        ("a/b\\c:d", "a-b-c-d.png"),
        ("\U0001f469\u200d\U0001f680" * 20, "\U0001f469\u200d\U0001f680" * 10 + ".png"),
        ("line\none\ttwo", "line one two.png"),
        ("...", "file.png"),
        ("con", "_con.png"),
    ],
)
def test_what_a_portable_name_keeps(stem, name):
    assert portable_name(stem, ".png") == name
