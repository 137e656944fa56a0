"""The local owner: the account that the link printed by `manage.py up` logs in."""

from django.conf import settings
from django.contrib.auth.models import User

from accounts.sign_in import login_links
from core.names import name_key

NAME = "owner"
HOST = "127.0.0.1"


def is_name_taken(name: str) -> bool:
    """Return whether a new account must not have this name, because a taken name looks the same.

    The local owner's name counts as taken: that account is found by name, so the owner's link
    would open the new account.
    """
    key = name_key(name)
    if key == name_key(NAME) or User.objects.filter(username__iexact=name).exists():
        return True
    return any(
        name_key(username) == key for username in User.objects.values_list("username", flat=True)
    )


def get_or_create() -> User:
    """Return the owner's account, created on first use without a usable password."""
    user, created = User.objects.get_or_create(
        username=NAME, defaults={"is_staff": True, "is_superuser": True}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def login_token(user: User) -> str:
    """Return a token that logs `user` in once, within `login_links.LIFETIME`; revokes the last."""
    return login_links.create(user)


def link() -> str:
    """Return a URL that logs the owner in; on PUBLIC_URL's host if plain HTTP redirects there."""
    local = f"http://{HOST}:{settings.PORT}"
    base = settings.PUBLIC_URL if settings.SECURE_SSL_REDIRECT else local
    return f"{base}/login/link/{login_token(get_or_create())}/"
