"""The URLs of the audit log."""

from django.urls import path

from house.audit import views

urlpatterns = [
    path("", views.log, name="audit"),
    path("download/", views.download, name="audit-download"),
]
