"""Reads what a file says about its origin: a C2PA manifest and IPTC's digital source type.

A manifest is recognised by its block (C2PA 2.2, A.3), so this needs no library;
`runs/files/media/signature_program.py` verifies its signature. A signed file must be served
unchanged: a single changed byte breaks the signature.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import IO

from runs.files.metadata.blocks import Block, blocks, content

C2PA_BOX = "uuid:d8fec3d61b0e483c92975828877ec481"
_XMP_BOX = "uuid:be7acfcb97a942e89c71999491e3afac"
_JPEG_APP11 = ("jpeg", "EB")
_MANIFESTS = {("png", "caBX"), _JPEG_APP11, ("riff", "C2PA"), ("boxes", C2PA_BOX)}
_XMP = {("png", "iTXt"), ("jpeg", "E1"), ("riff", "XMP "), ("boxes", _XMP_BOX)}
MOST_READ = 4 << 20  # per block
MOST_SEARCHED = 64  # blocks per file
# https://cv.iptc.org/newscodes/digitalsourcetype/, and C2PA's own types
_SOURCE_TYPE = re.compile(rb"/digitalsourcetype/([A-Za-z]{2,64})")


def is_signed(file: IO[bytes]) -> bool:
    """Whether an open file carries a C2PA manifest; does not verify the signature."""
    return any(_is_manifest(file, block) for block in blocks(file))


def source_type(file: IO[bytes]) -> str:
    """Return IPTC's digital source type in the file, such as `trainedAlgorithmicMedia`.

    The last type in a manifest takes precedence over the one in XMP; empty without either.
    """
    by_manifest = by_xmp = ""
    telling = (block for block in blocks(file) if block[:2] in _MANIFESTS | _XMP)
    for block in list(islice(telling, MOST_SEARCHED)):
        types = _SOURCE_TYPE.findall(content(file, block, MOST_READ))
        if types and block[:2] in _MANIFESTS:
            by_manifest = types[-1].decode()
        elif types:
            by_xmp = types[-1].decode()
    return by_manifest or by_xmp


def _is_manifest(file: IO[bytes], block: Block) -> bool:
    if block[:2] == _JPEG_APP11:  # JUMBF of any kind in segments (ISO/IEC 19566-5, annex D)
        head = content(file, block, 64)
        return head.startswith(b"JP") and b"c2pa" in head
    return block[:2] in _MANIFESTS
