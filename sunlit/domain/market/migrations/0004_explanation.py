from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('market', '0003_answers_and_invoices'),
    ]

    operations = [
        migrations.AddField(
            model_name='order',
            name='explanation',
            field=models.TextField(blank=True, db_default='', default=''),
        ),
    ]
