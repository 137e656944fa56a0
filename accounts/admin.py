"""The admin shows no second factors: they hold secrets. A person's page takes them away."""

from allauth.mfa.models import Authenticator
from django.contrib import admin

admin.site.unregister(Authenticator)
