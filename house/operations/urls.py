"""The URLs for looking after a deployment."""

from django.urls import path

from house.operations import csp_reports, health, security_txt
from house.operations.metrics import views as metrics
from house.operations.person_data import views as person_data
from house.operations.retention.views import going

app_name = "operations"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path(".well-known/security.txt", security_txt.security_txt, name="security-txt"),
    path("csp-reports/", csp_reports.receive, name="csp-reports"),
    path("metrics", metrics.metrics, name="metrics"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("projects/<str:slug>/going/", going, name="going"),
    path("account/data/archive/", person_data.own_archive, name="own-archive"),
    path("people/<int:user_id>/data/", person_data.of_person, name="person-data"),
    path(
        "people/<int:user_id>/data/archive/", person_data.archive_of_person, name="person-archive"
    ),
]
