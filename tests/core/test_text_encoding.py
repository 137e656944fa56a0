"""Text files in every encoding that editors and spreadsheets write."""

import codecs

import pytest

from core.text_encoding import decode_text

TEXTS = [
    "a fox, Füchse",
    "prompt\r\nGrün, “zitiert”\r\n",
    "prompt\nสุนัขจิ้งจอก ตัวแดง\n",
    "狐, 写真",
    "💫",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_texts_with_a_byte_order_mark_and_utf_8_are_decoded(text, mark, encoding):
    assert decode_text(mark + text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["a fox, Füchse", "hi", "prompt\nสุนัขจิ้งจอก ตัวแดง\n", "лиса и заяц"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_byte_order_mark_is_detected(text, encoding):
    assert decode_text(text.encode(encoding)) == text


@pytest.mark.parametrize("text", ["Füchse", "“Grün” 5 €", "café"])
def test_windows_1252_is_decoded_if_it_is_not_utf_8(text):
    assert decode_text(text.encode("cp1252")) == text


def test_any_bytes_are_decoded():
    assert decode_text(b"caf\xe9 \x81") == "café \x81"


@pytest.mark.parametrize("content", [b"a\0b,xy", b"a\0b,", b"prompt\na\0b\ncd\n", b"ab\0\0"])
def test_utf_8_with_a_stray_nul_is_not_read_as_utf_16(content):
    assert decode_text(content) == content.decode()


def test_utf_8_cut_within_a_character_is_still_utf_8():
    assert decode_text("Füchsé".encode()[:-1], is_cut=True) == "Füchs"
    assert decode_text("é".encode("latin-1")) == "é"
