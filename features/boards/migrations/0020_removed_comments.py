"""Comments say whether somebody other than their author deleted them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("boards", "0001_squashed_0019")]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="is_removed",
            field=models.BooleanField(null=True, help_text="deleted by who looks after the place"),
        ),
    ]
