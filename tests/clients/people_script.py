"""Makes a person for each client, with a token for each promise; prints them as JSON.

python -m tests.clients.people_script < {client: [promise, …]}  (with the settings of the stage)

The token for `budget` has an empty budget; the one for `blocked` lives in a project whose rule
allows no model.
"""

import json
import sys

import django


def main() -> None:
    """Make all people and tokens."""
    django.setup()
    from django.contrib.auth.models import User

    from api import tokens
    from features.flows.models import Flow
    from features.spending.models import Budget
    from projects import creation
    from projects.models import Rule

    owner = User.objects.get(is_superuser=True)
    secrets: dict[str, dict[str, str]] = {}
    for client, promises in json.load(sys.stdin).items():
        person = User.objects.create(username=client)
        locked = creation.create(owner, name=f"Locked for {client}")
        locked.memberships.create(user=person, role="maker")
        Rule.objects.create(project=locked, effect="only", kind="id", value="nobody/nothing")
        step = {"id": "s1", "endpoint": "sandbox/aurora", "arguments": {"prompt": "a mill"}}
        Flow.objects.create(user=person, name="Mill", definition={"steps": [step]})
        secrets[client] = {}
        for promise in promises:
            project = locked if promise == "blocked" else None
            token, secret = tokens.create(person, promise, tokens.DEFAULT_SCOPES, project=project)
            if promise == "budget":
                Budget.objects.create(scope="token", token=token, period="once", limit=0)
            secrets[client][promise] = secret
    print(json.dumps(secrets))


if __name__ == "__main__":
    main()
