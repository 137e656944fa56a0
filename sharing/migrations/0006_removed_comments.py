"""Comments say whether somebody other than their author deleted them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sharing", "0005_comments_of_all")]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="is_removed",
            field=models.BooleanField(null=True, help_text="deleted by who looks after the place"),
        ),
    ]
