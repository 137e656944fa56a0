"""`python -m tests.accounts.access` writes docs/ACCESS.md."""

from tests.accounts.access.document import FILE, as_document
from tests.accounts.access.table import ACCESS

FILE.write_text(as_document(ACCESS))
