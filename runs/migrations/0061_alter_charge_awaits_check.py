from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("playground", "0060_former_columns")]
    operations = [
        migrations.AlterField(
            "charge",
            "awaits_check",
            models.BooleanField(
                default=False, help_text="its figures have changed since they were last checked"
            ),
        ),
    ]
