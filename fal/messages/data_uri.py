"""Files inside their own address: `data:` URIs (protocol, C33)."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

from fal import reading
from fal.errors import FileUnavailable

_MB = 1 << 20
_STANDARD = bytes.maketrans(b"-_", b"+/")


def decode_data_uri(url: str, *, max_bytes: int) -> tuple[str, bytes]:
    """The media type and bytes of `data:[type][;base64],…` (C33); raises FileUnavailable.

    Accepts standard and URL-safe base64, with or without padding.
    """
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise FileUnavailable("The data URI has no data.")
    is_base64 = head.lower().endswith(";base64")
    # Checked before decoding: decoded base64 is 3/4 of its text, percent-encoding at least 1/3.
    if len(body) // 4 * 3 > max_bytes + 2 if is_base64 else len(body) > max_bytes * 3:
        raise too_large(max_bytes)
    content = unquote_to_bytes(body)
    if is_base64:
        padded = content.translate(_STANDARD, b" \t\r\n=")
        try:
            content = base64.b64decode(padded + b"=" * (-len(padded) % 4), validate=True)
        except binascii.Error as error:
            raise FileUnavailable("The data URI is not valid base64.") from error
    if len(content) > max_bytes:
        raise too_large(max_bytes)
    claimed_type = head.partition(";")[0].strip() or "text/plain"
    return reading.media_type(claimed_type), content


def too_large(max_bytes: int) -> FileUnavailable:
    """The error for a file above the size that is kept, inline or downloaded."""
    is_round = max_bytes and max_bytes % _MB == 0
    size = f"{max_bytes // _MB:,} MB" if is_round else f"{max_bytes:,} bytes"
    return FileUnavailable(f"The file is larger than the {size} that can be kept.")
