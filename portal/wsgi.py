"""WSGI entry point for gunicorn."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

from integrations.flows.registry import all_flows  # noqa: E402  (models have to be there first)
from portal.common.decoding import prepare_types  # noqa: E402

all_flows()
prepare_types()
