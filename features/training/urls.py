"""The URLs of data sets, below `/training/`."""

from django.urls import path

from features.training.views import datasets, files, lists

app_name = "training"
urlpatterns = [
    path("", lists.index, name="training"),
    path("new/", lists.new, name="new"),
    *datasets.DATASETS.urls(),
    path("data-sets/<uuid:pk>/", datasets.dataset, name="dataset"),
    path("data-sets/<uuid:pk>/files/", files.files, name="dataset-files"),
    path("data-sets/<uuid:pk>/results/", files.results, name="dataset-results"),
    path("data-sets/<uuid:pk>/form/", datasets.form, name="dataset-form"),
]
