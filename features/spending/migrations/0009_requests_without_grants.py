from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("spending", "0008_requests_that_left")]
    operations = [
        *(
            migrations.RemoveField("budgetrequest", name)
            for name in ("asked", "used_at", "planned")
        ),
        migrations.AlterField(
            "budgetrequest",
            "sentence",
            models.CharField(max_length=500, help_text="why; may be empty"),
        ),
    ]
