"""What was ordered before planning kept a record of purchases is written into it."""

from django.db import migrations

WRITE_DOWN = """
INSERT INTO planning_purchase (buyer_id, quota_id, reference, supplier_id, category_code, category_class, kind, method, amount, at, struck_at)
SELECT o.buyer_id, o.quota_id, 'order/' || o.number, o.supplier_id, l.category_code, left(l.category_code, 5), coalesce(c.kind, 'goods'), o.mode,
       sum(l.amount), o.placed_at, h.released_at
FROM market_order o
JOIN market_orderline l ON l.order_id = o.id
LEFT JOIN catalog_category c ON c.code = l.category_code
LEFT JOIN planning_hold h ON h.reference = 'order/' || o.number
GROUP BY o.id, l.category_code, c.kind, h.released_at
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0006_matches_and_corrections'),
        ('market', '0004_explanation'),
        ('planning', '0003_purchases'),
    ]

    operations = [migrations.RunSQL(WRITE_DOWN, migrations.RunSQL.noop)]
