"""The audit log is not in the admin: django-auditlog registers it, `/people/audit/` shows it."""

from django.contrib import admin

from people.accounts.models import AuditEntry

admin.site.unregister(AuditEntry)
