"""What a file says of its origin: a C2PA manifest, and the IPTC's type of digital source.

A manifest is recognised by the block that it is in (C2PA 2.2, A.3), so this needs no library; that
its signature fits is checked elsewhere (`runs/files/media/signature_program.py`). A file with one
must leave as it is: a single changed byte breaks the signature.
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
MOST_READ = 4 << 20  # of one block
MOST_SEARCHED = 64  # blocks of one file
# https://cv.iptc.org/newscodes/digitalsourcetype/, and C2PA's own beside it
_SOURCE_TYPE = re.compile(rb"/digitalsourcetype/([A-Za-z]{2,64})")


def is_signed(file: IO[bytes]) -> bool:
    """Whether an open file carries a C2PA manifest, whether or not its signature fits."""
    return any(_is_manifest(file, block) for block in blocks(file))


def source_type(file: IO[bytes]) -> str:
    """Return the IPTC's type of source that the file states, such as `trainedAlgorithmicMedia`.

    The last word of a manifest comes before that of XMP; empty without either.
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
    if block[:2] == _JPEG_APP11:  # JUMBF in segments (ISO/IEC 19566-5, annex D), of any kind
        head = content(file, block, 64)
        return head.startswith(b"JP") and b"c2pa" in head
    return block[:2] in _MANIFESTS
