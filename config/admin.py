"""The curators' admin: Django's own, under Vitrine's name."""

from django.contrib.admin import AdminSite


class VitrineAdminSite(AdminSite):
    """Django's admin with our words at the top."""

    site_header = "Vitrine"
    site_title = "Vitrine admin"
    index_title = "Curate"
