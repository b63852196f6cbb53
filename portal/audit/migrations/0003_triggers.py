"""The database itself refuses to delete audit rows or to change anything but an empty seal."""

from __future__ import annotations

from django.db import migrations

COLUMNS = "at actor_id actor_name action object_type object_id business_number summary details tenant_id id".split()

POSTGRESQL = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'audit_auditevent' THEN
        IF OLD.seal_id IS NULL AND NEW.seal_id IS NOT NULL
           AND (to_jsonb(OLD) - 'seal_id') = (to_jsonb(NEW) - 'seal_id') THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only';
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_auditevent FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER audit_seal_append_only BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
"""
POSTGRESQL_BACK = """
DROP TRIGGER audit_event_append_only ON audit_auditevent;
DROP TRIGGER audit_seal_append_only ON audit_seal;
DROP FUNCTION audit_is_append_only();
"""
_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
_CHANGED = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in COLUMNS)
SQLITE = [
    f"CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_auditevent {_REFUSE}",
    f"CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_auditevent "
    f"WHEN OLD.seal_id IS NOT NULL OR NEW.seal_id IS NULL OR {_CHANGED} {_REFUSE}",
    f"CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal {_REFUSE}",
    f"CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal {_REFUSE}",
]
SQLITE_BACK = [
    f"DROP TRIGGER {name}"
    for name in ("audit_event_no_delete", "audit_event_no_update", "audit_seal_no_delete", "audit_seal_no_update")
]


def create(apps, editor):
    for statement in [POSTGRESQL] if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement)


def drop(apps, editor):
    for statement in [POSTGRESQL_BACK] if editor.connection.vendor == "postgresql" else SQLITE_BACK:
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_initial")]
    operations = [migrations.RunPython(create, drop)]
