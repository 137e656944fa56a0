"""The URLs of notifications."""

from django.urls import path

from features.notifications.views import inbox
from features.notifications.views import settings as views

app_name = "notifications"
_HERE = "account/notifications/"
urlpatterns = [
    path("inbox/", inbox.index, name="inbox"),
    path("inbox/panel/", inbox.panel, name="panel"),
    path("inbox/seen/", inbox.seen, name="seen"),
    path("inbox/<uuid:pk>/", inbox.open_line, name="line"),
    path(_HERE, views.index, name="settings"),
    path(f"{_HERE}preferences/", views.save_preferences, name="preferences"),
    path(f"{_HERE}channels/", views.new_channel, name="new-channel"),
    path(f"{_HERE}channels/<uuid:pk>/", views.channel, name="channel"),
    path(f"{_HERE}channels/<uuid:pk>/test/", views.channel_test, name="channel-test"),
    *views.CHANNELS.urls(),
    path(
        f"{_HERE}deliveries/<uuid:pk>/repetition/",
        views.delivery_repetition,
        name="delivery-repetition",
    ),
    path(".well-known/jwks.json", views.jwks, name="jwks"),
]
