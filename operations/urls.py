"""The addresses by which other programs look after a deployment."""

from django.urls import path

from operations import csp_reports, health, security_txt
from operations.metrics import views

app_name = "operations"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path(".well-known/security.txt", security_txt.security_txt, name="security-txt"),
    path("csp-reports/", csp_reports.receive, name="csp-reports"),
    path("metrics", views.metrics, name="metrics"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
]
