"""`python -m tests.accounts.access` prints who may do what, as Markdown."""

from tests.accounts.access.document import as_document
from tests.accounts.access.table import ACCESS

if __name__ == "__main__":
    print(as_document(ACCESS), end="")
