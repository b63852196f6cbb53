"""A dump of the test database, and its restore: every row as it was, whatever has happened since."""

from __future__ import annotations

import importlib
import sqlite3
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Dump:
    """What stood in the database. Sequences are part of it: ids that were given since are given again."""

    tables: dict[str, Any]
    """Rows, as the database itself writes them."""
    sequences: dict[str, tuple[int, bool]]

    @classmethod
    def take(cls) -> Dump:
        if connection.vendor == "sqlite":
            raw = _sqlite()
            names = [*connection.introspection.table_names(), "sqlite_sequence"]
            return cls({name: raw.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}, {})  # noqa: S608
        tables, sequences = {}, {}
        with connection.cursor() as cursor:
            for table in _tables(cursor):
                with cursor.copy(f'COPY "{table}" TO STDOUT (FORMAT BINARY)') as copy:
                    tables[table] = b"".join(bytes(part) for part in copy)
            cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()")
            for (name,) in cursor.fetchall():
                cursor.execute(f'SELECT last_value, is_called FROM "{name}"')  # noqa: S608  (a name of the database's)
                sequences[name] = cursor.fetchone()
        return cls(tables, sequences)

    def restore(self) -> None:
        """Puts everything back."""
        if connection.vendor == "sqlite":
            self._restore_sqlite()
            return
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # no triggers, no order among tables
            cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in self.tables))
            for table, rows in self.tables.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN (FORMAT BINARY)') as copy:
                    copy.write(rows)
            for name, (value, called) in self.sequences.items():
                cursor.execute("SELECT setval(%s, %s, %s)", [name, value, called])
            cursor.execute("SET session_replication_role = DEFAULT")

    def _restore_sqlite(self) -> None:
        raw = _sqlite()
        triggers: Any = importlib.import_module("portal.audit.migrations.0003_triggers")
        with connection.constraint_checks_disabled(), connection.cursor() as cursor:
            for statement in triggers.SQLITE_BACK:
                cursor.execute(statement)
            for table, rows in self.tables.items():
                cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608  (a name of the database's)
                if rows:
                    places = ", ".join("?" for _ in rows[0])
                    raw.executemany(f'INSERT INTO "{table}" VALUES ({places})', rows)  # noqa: S608
            for statement in triggers.SQLITE:
                cursor.execute(statement)


def _sqlite() -> sqlite3.Connection:
    connection.ensure_connection()
    raw: sqlite3.Connection = connection.connection
    return raw


def _tables(cursor: Any) -> list[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return [name for (name,) in cursor.fetchall()]
