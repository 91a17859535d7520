from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('market', '0008_cart_plans'),
    ]

    operations = [
        migrations.AddField(
            model_name='orderline',
            name='median',
            field=models.DecimalField(decimal_places=2, max_digits=16, null=True),
        ),
    ]
