"""Encrypts the addresses of channels and deliveries: whoever knows a webhook's can write to it."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from core.db.encrypted_field import SALT, EncryptedTextField
from core.encryption import cipher


def encrypt(apps: Any, schema_editor: Any) -> None:
    """Encrypt the addresses, which are columns of plain text here."""
    encrypting = cipher(SALT)
    for name in ("Channel", "Delivery"):
        rows = apps.get_model("notifications", name).objects.exclude(address="")
        for pk, address in rows.values_list("pk", "address").iterator():
            encrypted = encrypting.encrypt(address.encode()).decode()
            rows.filter(pk=pk).update(address=encrypted)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_notifications")]

    operations = [
        # Encrypted text is longer than the 2,000 characters that an address may have.
        migrations.AlterField("channel", "address", models.TextField(blank=True)),
        migrations.AlterField("delivery", "address", models.TextField()),
        migrations.RunPython(encrypt, migrations.RunPython.noop),
        migrations.AlterField(
            "channel",
            "address",
            EncryptedTextField(
                blank=True, help_text="a secret; empty for the account's e-mail address"
            ),
        ),
        migrations.AlterField("delivery", "address", EncryptedTextField(help_text="a secret")),
    ]
