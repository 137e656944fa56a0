"""The URLs of flows, below `/flows/`."""

from django.urls import path

from features.flows.views import flow, flow_run

app_name = "flows"
urlpatterns = [
    *flow.FLOWS.urls(),
    path("again/<uuid:pk>/", flow.again, name="run-again"),
    path("<uuid:pk>/", flow.flow, name="flow"),
    path("<uuid:pk>/runs/<uuid:flow_run>/", flow_run.flow_run, name="flow-run"),
]
