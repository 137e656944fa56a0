"""Makes people who are logged in; prints the cookies of their sessions, one per line.

python -m tests.production.people_script COUNT  (in the folder of the app, with its settings)
"""

import sys

import django


def main(count: int) -> None:
    """Make these people, or use existing ones."""
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import User

    from tests.bench.history.pages import logged_in

    for number in range(count):
        person, _ = User.objects.get_or_create(username=f"person-{number}")
        cookie = logged_in(person).cookies[settings.SESSION_COOKIE_NAME]
        print(f"{settings.SESSION_COOKIE_NAME}={cookie.value}")


if __name__ == "__main__":
    main(int(sys.argv[1]))
