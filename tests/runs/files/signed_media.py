"""Media with a C2PA manifest: written by hand for each container, or with a real signature."""

import io
import json
import struct
from datetime import timedelta
from functools import cache

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils import timezone
from PIL import Image

from runs.files.metadata.provenance import C2PA_BOX
from tests.runs.files.telling_media import encode_picture, gradient, png_chunk

SIGNER = "Atelier Test"
SOURCE_TYPE = "trainedAlgorithmicMedia"
STORE = (
    b"\0\0\0\x60jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71\x03c2pa\0"
    b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
)


def png(picture: Image.Image | None = None) -> bytes:
    whole = encode_picture(picture or gradient(), "PNG")
    return whole[:33] + png_chunk(b"caBX", STORE) + whole[33:]


def jpeg() -> bytes:
    whole = encode_picture(gradient(), "JPEG")
    segment = b"JP\0\1\0\0\0\1" + STORE
    return whole[:2] + b"\xff\xeb" + struct.pack(">H", len(segment) + 2) + segment + whole[2:]


def riff(whole: bytes) -> bytes:
    """Return a WebP or WAV with a manifest behind its content."""
    padded = STORE + b"\0" * (len(STORE) % 2)
    body = whole[8:] + b"C2PA" + struct.pack("<I", len(STORE)) + padded
    return b"RIFF" + struct.pack("<I", len(body)) + body


def boxes(whole: bytes) -> bytes:
    """Return an MP4 with a manifest behind its content."""
    content = bytes.fromhex(C2PA_BOX.removeprefix("uuid:")) + STORE
    return whole + struct.pack(">I", 8 + len(content)) + b"uuid" + content


@cache
def truly_signed(format_: str) -> bytes:
    """Return a picture with a valid signature, by a certificate of our own for `SIGNER`."""
    source, out = io.BytesIO(encode_picture(gradient(), format_)), io.BytesIO()
    created = {
        "action": "c2pa.created",
        "digitalSourceType": f"http://cv.iptc.org/newscodes/digitalsourcetype/{SOURCE_TYPE}",
    }
    actions = {"label": "c2pa.actions", "data": {"actions": [created]}}
    manifest = {"claim_generator_info": [{"name": "tests"}], "assertions": [actions]}
    with c2pa.Signer.from_info(_signer_info()) as signer:
        builder = c2pa.Builder(json.dumps(manifest))
        builder.sign(signer, f"image/{format_.lower()}", source, out)
    return out.getvalue()


def _signer_info() -> c2pa.C2paSignerInfo:
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Test CA", root_key, "Test CA", root_key, is_root=True)
    certificate = _certificate(SIGNER, key, "Test CA", root_key)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = certificate.public_bytes(pem) + root.public_bytes(pem)
    return c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=private, ta_url=None)


def _certificate(
    organisation: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_root: bool = False,
) -> x509.Certificate:
    now = timezone.now()
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(organisation))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root,
                encipher_only=False, decipher_only=False, **usage,
            ),
            critical=True,
        )
    )  # fmt: skip
    if not is_root:
        purposes = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(organisation: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])
