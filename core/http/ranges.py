"""The `Range` header of requests for one range of bytes (RFC 9110, section 14)."""

from __future__ import annotations

import re
from typing import NamedTuple

# No number of more than 18 digits: Python refuses to convert those of thousands.
_HEADER = re.compile(r"\s*(?i:bytes)=([0-9]{0,18})-([0-9]{0,18})\s*")


class ByteRange(NamedTuple):
    """The bytes `first` to `last`, both inclusive, of a file of `size_bytes`."""

    first: int
    last: int
    size_bytes: int

    @property
    def is_satisfiable(self) -> bool:
        """Whether the file has any byte of the range; if not, the response is 416."""
        return self.first < self.size_bytes

    @property
    def content_range(self) -> str:
        """The value of the response's `Content-Range` header."""
        span = f"{self.first}-{self.last}" if self.is_satisfiable else "*"
        return f"bytes {span}/{self.size_bytes}"


def parse_range(header: str, size_bytes: int) -> ByteRange | None:
    """Parse a `Range` header for a file of `size_bytes`.

    Returns None where the whole file is to be sent: without a header, and for headers that a server
    ignores because they are malformed, end before they begin, or ask for several ranges.
    """
    match = _HEADER.fullmatch(header)
    if not match or not (match[1] or match[2]):
        return None
    end = size_bytes - 1
    if not match[1]:  # the last bytes of the file
        return ByteRange(max(size_bytes - int(match[2]), 0), end, size_bytes)
    if match[2] and int(match[2]) < int(match[1]):
        return None
    last = min(int(match[2]), end) if match[2] else end
    return ByteRange(int(match[1]), last, size_bytes)
