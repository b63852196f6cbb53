"""Reading a configuration file: YAML with line numbers, `${ENV}` references, and errors that say where."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from integrations.services.configuration.schema import Configuration

_REFERENCE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}")


class ConfigurationError(Exception):
    """What is wrong with the file, and in which line. Nothing has been applied."""

    def __init__(self, reason: str, *, file: str, line: int | None) -> None:
        super().__init__(f"{file}, line {line}: {reason}" if line else f"{file}: {reason}")
        self.reason, self.file, self.line = reason, file, line


class _Plain(yaml.SafeLoader):
    """YAML without aliases: nobody needs them here, and a few nested ones make a file of any size."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not taken", event.start_mark)
        return super().compose_node(parent, index)


class Source:
    """The parsed file, with the line of every node by its path."""

    def __init__(self, text: str, *, file: str, environment: Mapping[str, str] | None = None) -> None:
        self.file = file
        self._environment = os.environ if environment is None else environment
        self._lines: dict[str, int] = {}
        try:
            root = yaml.compose(text, Loader=_Plain)
        except RecursionError as error:
            raise ConfigurationError("It is nested too deeply.", file=file, line=None) from error
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            raise ConfigurationError(
                str(getattr(error, "problem", error)), file=file, line=mark.line + 1 if mark else None
            ) from error
        if root is None:
            raise ConfigurationError("The file is empty.", file=file, line=None)
        self._loader = yaml.SafeLoader("")
        self.value = self._build(root, "$")

    def line_of(self, path: str) -> int | None:
        """The line of a path such as `$.tenants[0].connections[1].key`, or of the nearest thing around it."""
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None

    def named_in(self, said: str, path: str) -> str:
        """The path of the setting below `path` that a sentence names, else `path` itself."""
        below = [p for p in self._lines if p.startswith((f"{path}.settings.", f"{path}.flows."))]
        named = {p: re.search(rf"\b{re.escape(p.rpartition('.')[2])}\b", said) for p in below}
        places = {p: match.start() for p, match in named.items() if match}
        return min(places, key=places.__getitem__, default=path)

    def error(self, reason: str, path: str) -> ConfigurationError:
        return ConfigurationError(reason, file=self.file, line=self.line_of(path))

    def _build(self, node: yaml.Node, path: str) -> Any:
        self._lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            found: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                below = f"{path}.{key}"
                if key in found:
                    self._lines[below] = key_node.start_mark.line + 1
                    raise self.error(f"'{key}' stands twice.", below)
                found[key] = self._build(value_node, below)
                self._lines[below] = key_node.start_mark.line + 1
            return found
        if isinstance(node, yaml.SequenceNode):
            return [self._build(item, f"{path}[{i}]") for i, item in enumerate(node.value)]
        value = self._loader.construct_object(node)
        return self._expand(value, path) if isinstance(value, str) else value

    def _expand(self, text: str, path: str) -> str:
        def replace(match: re.Match[str]) -> str:
            name, default = match.group(1), match.group(2)
            value = self._environment.get(name, default)
            if value is None:
                raise self.error(f"The environment has no {name}, which ${{{name}}} refers to.", path)
            return value

        return _REFERENCE.sub(replace, text)


def load(file: Path, *, environment: Mapping[str, str] | None = None) -> tuple[Configuration, Source]:
    """The file's content, checked against the schema. Raises ConfigurationError with line and reason."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"It cannot be read: {error}", file=str(file), line=None) from error
    source = Source(text, file=file.name, environment=environment)
    try:
        return msgspec.convert(source.value, Configuration), source
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `")
        path = path.rstrip("`")
        unknown = re.search(r"unknown field `([^`]+)`", reason)
        where = f"{path or '$'}.{unknown.group(1)}" if unknown else path or "$"
        raise source.error(reason[0].upper() + reason[1:] + (f" ({path})" if path else "") + ".", where) from error
