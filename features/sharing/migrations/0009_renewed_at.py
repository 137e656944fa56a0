from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sharing", "0008_regions_and_remarks"),
    ]

    operations = [
        migrations.AddField(
            model_name="share",
            name="renewed_at",
            field=models.DateTimeField(
                editable=False, help_text="since then it has another address", null=True
            ),
        ),
    ]
