"""Entries, leaves, checkpoints and progress; triggers that refuse every change of what was recorded."""

import django.db.models.deletion
import sunlit.foundation.ledger.models
from django.db import migrations, models


FOR_EVER = """
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_salt_and_hash_are_whole CHECK (octet_length(salt) = 16 AND octet_length(leaf_hash) = 32);

CREATE FUNCTION ledger_is_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what the ledger holds is never changed', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER {table}_is_for_ever BEFORE UPDATE OR DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_for_ever();
CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_for_ever();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_is_for_ever;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_is_never_emptied;
"""
    for table in ("ledger_entry", "ledger_leaf", "ledger_checkpoint")
)

PLAIN = """
DROP FUNCTION ledger_is_for_ever() CASCADE;
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_salt_and_hash_are_whole;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("xid", sunlit.foundation.ledger.models.XidField(db_default=sunlit.foundation.ledger.models.CurrentXid(), editable=False)),
                ("at", models.DateTimeField()),
                ("act", models.TextField()),
                ("subject", models.TextField()),
                ("region", models.TextField(blank=True)),
                ("organisation", models.TextField()),
                ("kind", models.TextField()),
                ("person", models.BigIntegerField(null=True)),
                ("facts", models.JSONField()),
                ("salt", models.BinaryField()),
                ("body", models.TextField()),
                ("leaf_hash", models.BinaryField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["xid"], name="ledger_entry_by_xid"),
                    models.Index(fields=["subject", "id"], name="ledger_entry_by_subject"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("leaf_hash", models.BinaryField()),
                ("entry", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="leaf", to="ledger.entry")),
            ],
        ),
        migrations.CreateModel(
            name="Progress",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("seen", models.TextField(blank=True, default="")),
                ("size", models.BigIntegerField(default=0)),
                ("edge", models.BinaryField(default=b"")),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="ledger_progress_is_one_row")],
            },
        ),
        migrations.RunSQL(FOR_EVER, PLAIN),
    ]
