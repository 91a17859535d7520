from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []  # noqa: RUF012

    operations = [
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.TextField(unique=True)),
                ('key', models.TextField()),
                ('kind', models.TextField(blank=True, default='')),
                ('region_path', models.TextField(blank=True, default='')),
                ('value', models.JSONField()),
                ('lawful', models.BooleanField(null=True)),
                ('since', models.DateField()),
                ('until', models.DateField()),
                ('purchases', models.PositiveIntegerField()),
                ('digest', models.TextField()),
                ('rules', models.JSONField()),
                ('figures', models.JSONField()),
                ('seconds', models.DecimalField(decimal_places=3, max_digits=8)),
                ('by', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['key', 'kind', 'region_path', '-id'], name='trials_of_a_rule')],
            },
        ),
    ]
