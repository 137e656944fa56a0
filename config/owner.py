"""The local owner: who the one link that `manage.py up` prints logs in."""

from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

SALT = "vitrine.owner-link"
LINK_LIFE_S = 24 * 60 * 60
NAME = "owner"


def ensure() -> AbstractBaseUser:
    """The owner's account, made without a password on first use: only the link opens it."""
    user, created = get_user_model().objects.get_or_create(
        username=NAME, defaults={"is_staff": True, "is_superuser": True}
    )
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def token(user: AbstractBaseUser) -> str:
    """A signed text that logs `user` in for a day."""
    return signing.dumps({"user": user.pk}, salt=SALT)


@login_not_required
@require_GET
def link(request: HttpRequest, token: str) -> HttpResponse:
    """Log the owner in and go to the gallery; a wrong or old token gets the login page's words."""
    try:
        pk = signing.loads(token, salt=SALT, max_age=LINK_LIFE_S)["user"]
    except (signing.BadSignature, KeyError, TypeError):
        return render(request, "link_expired.html", status=403)
    user = get_user_model().objects.filter(pk=pk, is_active=True).first()
    if user is None:
        return render(request, "link_expired.html", status=403)
    login(request, user, backend="config.login.Backend")
    return redirect("catalog:front")
