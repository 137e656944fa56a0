"""The addresses of the authorization server, under the names that allauth's views look up."""

from django.urls import include, path

from api.oauth import views

_OIDC = [
    path("authorize/", views.Consent.as_view(), name="authorization"),
    path("token/", views.Exchange.as_view(), name="token"),
    path("revocation/", views.GiveBack.as_view(), name="revoke"),
    path("registration/", views.Register.as_view(), name="client_registration"),
]
app_name = "idp"
urlpatterns = [
    path("oauth/", include((_OIDC, "oidc"))),
    path(".well-known/oauth-protected-resource", views.resource, name="resource"),
    path(".well-known/oauth-protected-resource/mcp", views.resource, name="resource-of-path"),
    path(".well-known/oauth-authorization-server", views.server, name="server"),
    path(".well-known/openid-configuration", views.server, name="openid"),
    path(".well-known/<path:name>", views.unknown, name="unknown"),
]
