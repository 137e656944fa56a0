"""Comments say whether somebody other than their author deleted them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0001_squashed_0005")]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="is_removed",
            field=models.BooleanField(null=True, help_text="deleted by who looks after the place"),
        ),
    ]
