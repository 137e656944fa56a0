"""The URLs of flows, below `/flows/`."""

from django.urls import path

from features.flows.views import edit, fal_workflows, flow, flow_run, next_model

app_name = "flows"
urlpatterns = [
    path("of-model/<path:endpoint_id>/", fal_workflows.of_model, name="account-of-model"),
    path("account/", fal_workflows.workflows, name="account"),
    path("account/reading/", fal_workflows.reading_wanted, name="account-reading"),
    path("account/<str:owner>/<str:name>/", fal_workflows.workflow, name="account-workflow"),
    path("new/", flow.new, name="new"),
    path("then/", next_model.then, name="then"),
    path("<uuid:pk>/", flow.flow, name="flow"),
    path("<uuid:pk>/edit/", edit.edit, name="flow-edit"),
    path("<uuid:pk>/then/", next_model.flow_then, name="flow-then"),
    path("<uuid:pk>/copy/", flow.copy, name="flow-copy"),
    *flow.FLOWS.urls(),
    path("<uuid:pk>/runs/<uuid:flow_run>/", flow_run.flow_run, name="flow-run"),
]
