"""The addresses of the tokens page and of the JSON API."""

from django.urls import path

from api.views import tokens

app_name = "api"
urlpatterns = [
    path("account/tokens/", tokens.index, name="tokens"),
    path("account/tokens/<int:pk>/revocation/", tokens.revocation, name="token-revocation"),
    path("account/tokens/<int:pk>/recovery/", tokens.recovery, name="token-recovery"),
]
