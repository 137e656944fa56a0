"""A recipe is found in a picture however a program saved it again, and no content can do harm."""

import io
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.files.metadata.texts import MOST_BYTES, TooLarge, find_text
from tests.runs.files.telling_media import encode_picture, gradient, png_chunk
from tests.tables import each_row

pytestmark = pytest.mark.any_database
PICTURE = encode_picture(gradient(), "PNG")
PACKED = zlib.compress("eine Mühle".encode())


def text_in(*chunks: tuple[bytes, bytes]) -> str | None:
    """Return what is found in a PNG with these chunks behind its header."""
    written = b"".join(png_chunk(kind, content) for kind, content in chunks)
    return find_text(io.BytesIO(PICTURE[:33] + written + PICTURE[33:]), "vitrine")


@each_row(
    ("kind", "content", "expected"),
    [
        (b"tEXt", "vitrine\0eine Mühle".encode(), "eine Mühle"),
        (b"zTXt", b"vitrine\0\0" + PACKED, "eine Mühle"),
        (b"iTXt", b"vitrine\0\1\0de\0\0" + PACKED, "eine Mühle"),
        (b"zTXt", b"vitrine\0\0" + PACKED[2:], ""),
        (b"iTXt", b"vitrine\0\1", ""),
        (b"tEXt", b"parameters\0a mill", None),
        (b"tEXt", b"vitrine", None),
    ],
)
def test_every_kind_of_text_is_read(kind, content, expected):
    other = (b"tEXt", b"comment\0" + bytes(MOST_BYTES + 1))
    assert text_in(other, (kind, content)) == expected


@pytest.mark.exhaustive
def test_a_recipe_that_unpacks_to_a_gigabyte_is_refused_at_once():
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(200)) + packer.flush()
    for kind, head in ((b"zTXt", b"vitrine\0\0"), (b"iTXt", b"vitrine\0\1\0\0\0")):
        began = time.process_time()
        with pytest.raises(TooLarge, match="larger than 1 MB"):
            text_in((kind, head + bomb))
        assert time.process_time() - began < 1


@given(st.binary(max_size=300), st.sampled_from([b"tEXt", b"zTXt", b"iTXt"]))
def test_any_bytes_of_a_text_are_read_or_left_out(content, kind):
    assert len(text_in((kind, b"vitrine\0" + content)) or "") <= MOST_BYTES
