"""What stands under deploy/, and the image: read and checked as far as it goes without a container engine."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return made


@pytest.mark.parametrize("name", ["web", "worker"])
def test_containers_write_nowhere_but_in_their_volume(services: dict[str, Any], name: str) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["state:/var/lib/ml-connector"]


def test_only_the_web_server_is_reached_and_from_this_machine_alone(services: dict[str, Any]) -> None:
    assert {name for name, service in services.items() if "ports" in service} == {"web"}
    assert services["web"]["ports"] == ["127.0.0.1:8000:8000"]


def test_a_worker_has_time_to_hand_over(services: dict[str, Any]) -> None:
    assert int(services["worker"]["stop_grace_period"].rstrip("s")) > settings.Q_CLUSTER["timeout"]


def test_the_image_runs_as_nobody_in_particular_and_copies_only_what_is_there() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER 10001:10001" in lines
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for name in (name for names in copied for name in names):
        assert (ROOT / name).exists(), name
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", "var", "deploy"} <= set(ignored), "keys do not come into the image"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_units_have_few_rights(unit: Path) -> None:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(unit.read_text())
    service = parsed["Service"]
    assert service["User"] == "connector"
    assert service["NoNewPrivileges"] == "true"
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == "ml-connector"


def test_every_setting_of_the_example_is_one_that_is_read() -> None:
    read = (ROOT / "portal" / "settings.py").read_text()
    names = re.findall(r"^#?([A-Z_]+)=", (ROOT / "deploy" / "example.env").read_text(), re.MULTILINE)
    assert names
    assert [name for name in names if f'"{name}"' not in read and name != "DATABASE_URL"] == []


def test_nginx_replaces_what_the_caller_says_of_its_address() -> None:
    """Limits of logins are counted by it."""
    text = (ROOT / "deploy" / "nginx" / "ml-connector.conf").read_text()
    assert "X-Forwarded-For $remote_addr" in text
    assert "$proxy_add_x_forwarded_for" not in text
    assert text.count("{") == text.count("}")
