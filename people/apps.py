"""The Django app `people`."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Pages about people, for whoever administers Vitrine."""

    name = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the notification of looks."""
        from people.looking import kinds

        kinds.connect()
