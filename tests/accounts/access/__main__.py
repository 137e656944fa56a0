"""`python -m tests.accounts.access` prints the rights of every role, as Markdown."""

import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("SECRET_KEY", "of a process that signs nothing, for the routes alone")
    django.setup()

    from tests.accounts.access.document import as_document
    from tests.accounts.access.table import ACCESS

    print(as_document(ACCESS), end="")
