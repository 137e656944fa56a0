"""The codec of films and sounds, which the page names where a browser cannot play them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0058_record_sums")]
    operations = [
        migrations.AddField(
            "artifact",
            "codec",
            models.CharField(help_text="FFmpeg's name of it", max_length=32, null=True),
        ),
    ]
