"""Adds what each result carries of its origin: a signature, whom it names, the type of source."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0035_likeness"),
    ]

    operations = [
        migrations.AddField(
            model_name="artifact",
            name="provenance",
            field=models.CharField(
                blank=True,
                choices=[
                    ("none", "no signature"),
                    ("signed", "a C2PA signature that was not checked here"),
                    ("valid", "a C2PA signature that fits"),
                    ("invalid", "a C2PA signature that does not fit"),
                ],
                help_text="empty: not examined yet",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="artifact",
            name="signer",
            field=models.CharField(
                blank=True, help_text="whom its signature names", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="artifact",
            name="source_type",
            field=models.CharField(
                blank=True,
                help_text="the IPTC's type of digital source that it states",
                max_length=64,
            ),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(
                condition=models.Q(("provenance", ""), ("state", "stored")),
                fields=["id"],
                name="artifact_to_examine",
            ),
        ),
        migrations.AddIndex(
            model_name="artifact",
            index=models.Index(
                condition=models.Q(("provenance__in", ["signed", "valid", "invalid"])),
                fields=["run"],
                name="artifact_signed",
            ),
        ),
    ]
