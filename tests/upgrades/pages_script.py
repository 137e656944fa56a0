"""Reads `{address: a text}` as JSON; prints the pages that lack their text for the owner.

The database is that of VITRINE_TEST_DATABASE_URL, the settings those of the tests.
"""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()
    from django.contrib.auth.models import User

    from house.operations.backup.pages import client_of

    client = client_of(User.objects.get(username="owner"))
    wrong = {}
    for address, text in json.load(sys.stdin).items():
        response = client.get(address, secure=True, SERVER_NAME="localhost")
        html = b"".join(response).decode()
        if response.status_code != 200 or text not in html:
            wrong[address] = f"{response.status_code}, without {text!r}: {html[:2000]}"
    print(json.dumps(wrong))
