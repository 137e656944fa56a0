"""The addresses by which a deployment is looked after."""

from django.urls import path

from operations import health, security_txt
from operations.retention.views import going

app_name = "operations"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path(".well-known/security.txt", security_txt.security_txt, name="security-txt"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("projects/<str:slug>/going/", going, name="going"),
]
