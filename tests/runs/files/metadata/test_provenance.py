"""Provenance manifests and source types are recognised by a file's bytes alone."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.files.metadata import provenance
from runs.files.metadata.blocks import blocks
from tests.runs.copying import film, sound
from tests.runs.files import signed_media
from tests.runs.files.telling_media import encode_picture, gradient, png_chunk

pytestmark = pytest.mark.any_database

UNSIGNED = {
    "png": encode_picture(gradient(), "PNG"),
    "jpeg": encode_picture(gradient(), "JPEG"),
    "webp": encode_picture(gradient(), "WEBP"),
    "avif": encode_picture(gradient(), "AVIF"),
    "gif": encode_picture(gradient(), "GIF"),
    "wav": sound(0.1),
    "mp4": film(0.2),
    "text": b"caBX C2PA jumb c2pa",
    "nothing": b"",
}
SIGNED = {
    "png": signed_media.png(),
    "jpeg": signed_media.jpeg(),
    "webp": signed_media.riff(UNSIGNED["webp"]),
    "wav": signed_media.riff(UNSIGNED["wav"]),
    "mp4": signed_media.boxes(UNSIGNED["mp4"]),
    "true png": signed_media.truly_signed("PNG"),
    "true jpeg": signed_media.truly_signed("JPEG"),
    "true webp": signed_media.truly_signed("WEBP"),
}
XMP = (
    b'<rdf:Description Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/'
    b'digitalsourcetype/digitalCapture"/>'
)


@pytest.mark.parametrize("name", UNSIGNED)
def test_a_file_without_a_manifest_is_not_signed(name):
    file = io.BytesIO(UNSIGNED[name])
    assert not provenance.is_signed(file)
    assert provenance.source_type(file) == ""


@pytest.mark.parametrize("name", SIGNED)
def test_a_manifest_and_its_source_type_are_recognised(name):
    file = io.BytesIO(SIGNED[name])
    assert provenance.is_signed(file)
    assert provenance.source_type(file) == signed_media.SOURCE_TYPE


@pytest.mark.parametrize("format_", ["JPEG", "WEBP"])
def test_the_source_type_of_xmp_is_recognised(format_):
    file = io.BytesIO(encode_picture(gradient(), format_, xmp=XMP))
    assert not provenance.is_signed(file)
    assert provenance.source_type(file) == "digitalCapture"


def test_a_manifest_has_the_last_word_on_the_source_type():
    whole = signed_media.png()
    xmp = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    assert provenance.source_type(io.BytesIO(whole[:33] + xmp + whole[33:])) == (
        signed_media.SOURCE_TYPE
    )


@given(st.sampled_from([*UNSIGNED.values(), *SIGNED.values()]), st.data())
def test_cut_and_damaged_files_end_the_search_without_an_error(whole, data):
    cut = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 4))):
        if cut:
            cut[data.draw(st.integers(0, len(cut) - 1))] = data.draw(st.integers(0, 255))
    file = io.BytesIO(bytes(cut))
    assert all(block.start >= 0 for block in blocks(file))
    provenance.is_signed(file)
    provenance.source_type(file)


@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"RIFF", b"\0\0\0\x08ftyp"]), st.binary()
)
def test_any_bytes_behind_a_magic_end_the_search(magic, tail):
    assert len(list(blocks(io.BytesIO(magic + tail)))) <= len(tail) + 1
