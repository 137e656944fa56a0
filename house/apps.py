"""The Django app `people`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PeopleConfig(AppConfig):
    """Puts new accounts into the group of their role, and gives the groups their permissions.

    It provides invitations, with which people create an account by any kind of first login.
    """

    name = "house"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect receivers of new accounts and migrations; register notices and invitations."""
        from accounts import roles
        from accounts.sign_in import joining
        from features.notifications import subjects
        from house import claimed_projects, invitations, kinds, role_permissions
        from house.models import Invitation

        claimed_projects.connect()
        kinds.connect()
        subjects.register(Invitation, invitations.addressed_to, invitations.waiting_for)
        roles.connect()
        joining.pending.provide(invitations.pending)
        joining.accept.provide(invitations.accept)
        # Django creates permissions app by app after `migrate`; this app is the last one.
        post_migrate.connect(
            role_permissions.after_migrate,
            sender=self,
            dispatch_uid="people.roles",
        )
