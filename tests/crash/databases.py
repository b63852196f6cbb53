"""Copies of a database by name, made fast: a file on SQLite, a template on PostgreSQL."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, connections


@dataclass(frozen=True, slots=True)
class Databases:
    """Databases of one strand. No process may be connected to one that is copied."""

    folder: Path
    base: str
    """PostgreSQL: the database by which others are made."""
    prefix: str
    """How the names of those others begin."""

    def use(self, name: str) -> None:
        """From now on this process and its children work in the database `name`."""
        connections.close_all()
        connection.settings_dict["NAME"] = str(self._file(name)) if self._sqlite else f"{self.prefix}_{name}"

    def copy(self, source: str, target: str) -> None:
        """Makes `target` what `source` is; whatever `target` was is gone."""
        connections.close_all()
        if self._sqlite:
            for ending in ("-wal", "-shm"):
                Path(f"{self._file(target)}{ending}").unlink(missing_ok=True)
            shutil.copyfile(self._file(source), self._file(target))
        else:
            self._make(target, template=f"{self.prefix}_{source}")

    def make(self, name: str) -> None:
        """An empty database."""
        if not self._sqlite:
            self._make(name, template="template0")

    def drop(self, *names: str) -> None:
        connections.close_all()
        for name in names:
            if self._sqlite:
                self._file(name).unlink(missing_ok=True)
            else:
                self._say(f'DROP DATABASE IF EXISTS "{self.prefix}_{name}" WITH (FORCE)')

    @property
    def _sqlite(self) -> bool:
        return connection.vendor == "sqlite"

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite3"

    def _make(self, name: str, *, template: str) -> None:
        self.drop(name)
        self._say(f'CREATE DATABASE "{self.prefix}_{name}" TEMPLATE "{template}" STRATEGY file_copy')

    def _say(self, statement: str) -> None:
        import psycopg

        values = connection.settings_dict
        address = {"host": values["HOST"], "port": values["PORT"] or 5432, "user": values["USER"]}
        with psycopg.connect(dbname=self.base, password=values["PASSWORD"], autocommit=True, **address) as line:
            line.execute(statement)
