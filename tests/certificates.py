"""TLS on this machine, which fal's own clients require: an authority and a server's certificate."""

from pathlib import Path

import trustme


def make_certificates(folder: Path, *names: str) -> tuple[Path, Path]:
    """Return the authority's certificate, and the server's with its key, as PEM files.

    The server's is for this machine and `names`.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, server = folder / "ca.pem", folder / "server.pem"
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(authority))
    certificate = ca.issue_cert("localhost", "127.0.0.1", "::1", *names)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(server))
    return authority, server
