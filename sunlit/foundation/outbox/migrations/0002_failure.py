from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("outbox", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Failure",
            fields=[
                ("job", models.BigIntegerField(primary_key=True, serialize=False)),
                ("error", models.TextField()),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
