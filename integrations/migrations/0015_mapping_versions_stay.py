"""The database itself refuses to change a mapping version: what was sent names it, and it still says what it said then.
Only who made it may be forgotten, when that account is deleted."""

from __future__ import annotations

from django.db import migrations

COLUMNS = "id tenant_id flow_id number flow_settings integration_settings release made_by_name created_at".split()
WHY = "a mapping version never changes"

POSTGRESQL = f"""
CREATE FUNCTION integrations_mapping_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.made_by_id IS NULL AND (to_jsonb(OLD) - 'made_by_id') = (to_jsonb(NEW) - 'made_by_id') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '{WHY}';
END $$;
CREATE TRIGGER integrations_mapping_version_stays BEFORE UPDATE ON integrations_mappingversion
    FOR EACH ROW EXECUTE FUNCTION integrations_mapping_version_stays();
"""
POSTGRESQL_BACK = """
DROP TRIGGER integrations_mapping_version_stays ON integrations_mappingversion;
DROP FUNCTION integrations_mapping_version_stays();
"""
_CHANGED = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in COLUMNS)
SQLITE = (
    "CREATE TRIGGER integrations_mapping_version_stays BEFORE UPDATE ON integrations_mappingversion "
    f"WHEN NEW.made_by_id IS NOT NULL OR {_CHANGED} BEGIN SELECT RAISE(ABORT, '{WHY}'); END"
)
SQLITE_BACK = "DROP TRIGGER integrations_mapping_version_stays"


def create(apps, editor):
    editor.execute(POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE)


def drop(apps, editor):
    editor.execute(POSTGRESQL_BACK if editor.connection.vendor == "postgresql" else SQLITE_BACK)


class Migration(migrations.Migration):
    dependencies = [("integrations", "0014_operation_asked_once")]
    operations = [migrations.RunPython(create, drop)]
