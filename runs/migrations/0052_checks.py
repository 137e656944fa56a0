# Each round of a check has an account.

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("playground", "0051_without_unmended"),
    ]

    operations = [
        migrations.AlterField(
            model_name="ledgeraccount",
            name="kind",
            field=models.CharField(
                choices=[
                    ("house", "the house: whoever starts runs locks its row"),
                    ("board", "a board"),
                    ("check", "a round of a check"),
                    ("assistant", "an assistant's session"),
                ],
                max_length=16,
            ),
        ),
    ]
