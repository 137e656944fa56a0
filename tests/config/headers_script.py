"""Answers requests, [[name, path, is_secure], …] as JSON, with the settings of the environment.

Prints {name: [status, headers]}.
"""

import json
import sys

import django
from django.test import Client

if __name__ == "__main__":
    django.setup()
    client = Client(headers={"host": "vitrine.test"})
    answers = {}
    for name, path, is_secure in json.loads(sys.argv[1]):
        headers = {"x-forwarded-proto": "https"} if is_secure else {}
        response = client.get(path, headers=headers)
        answers[name] = [response.status_code, dict(response.headers)]
    print(json.dumps(answers))
