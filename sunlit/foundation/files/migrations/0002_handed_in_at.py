"""When a file was last handed in: of those that are here already, when they came."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial")]

    operations = [
        migrations.AddField("file", "handed_in_at", models.DateTimeField(null=True)),
        migrations.RunSQL("UPDATE files_file SET handed_in_at = created_at", migrations.RunSQL.noop),
        migrations.AlterField("file", "handed_in_at", models.DateTimeField()),
        migrations.AddIndex("file", models.Index(fields=["handed_in_at"], name="file_by_hand_in")),
    ]
