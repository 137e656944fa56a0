"""The Django app `people`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PeopleConfig(AppConfig):
    """Puts new accounts into the group of their role, and gives the groups their permissions.

    Its invitations open the way to an account, however somebody logs in first.
    """

    name = "house"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what follows a new account and a migration; register the notice of looks."""
        from accounts import roles
        from accounts.sign_in import joining
        from features.notifications import things
        from house import claimed_projects, invitations, kinds, role_permissions
        from house.models import Invitation

        claimed_projects.connect()
        kinds.connect()
        things.register(Invitation, invitations.addressed_to, invitations.waiting_for)
        roles.connect()
        joining.register(invitations)
        # Django makes permissions app by app after `migrate`; this app is the last one.
        post_migrate.connect(
            role_permissions.after_migrate,
            sender=self,
            dispatch_uid="people.roles",
        )
