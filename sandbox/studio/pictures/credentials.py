"""A C2PA manifest for a PNG, made by hand: its boxes are right, its signature fits nothing."""

import zlib

_SIGNATURE_BYTES = 8 + 25  # the magic, and the header chunk, behind which the manifest stands
_SOURCE = b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def signed(png: bytes) -> bytes:
    """Return a PNG with a manifest store in a chunk `caBX` (C2PA 2.2, A.3.2)."""
    assertion = _superbox(
        b"cbor", "c2pa.actions.v2", _box(b"cbor", b"\x78" + bytes([len(_SOURCE)]) + _SOURCE)
    )
    claim = _superbox(b"c2cl", "c2pa.claim.v2", _box(b"cbor", b"\xa0"))
    signature = _superbox(b"c2cs", "c2pa.signature", _box(b"cbor", b"\x84"))
    assertions = _superbox(b"c2as", "c2pa.assertions", assertion)
    manifest = _superbox(b"c2ma", "urn:c2pa:sandbox", assertions + claim + signature)
    store = _superbox(b"c2pa", "c2pa", manifest)
    chunk = b"caBX" + store
    framed = len(store).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    return png[:_SIGNATURE_BYTES] + framed + png[_SIGNATURE_BYTES:]


def _superbox(kind: bytes, label: str, content: bytes) -> bytes:
    """Return a box of boxes (ISO/IEC 19566-5, annex B): its description, then its content."""
    uuid = kind + bytes.fromhex("00110010800000aa00389b71")
    return _box(b"jumb", _box(b"jumd", uuid + b"\x03" + label.encode() + b"\0") + content)


def _box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4) + kind + content
