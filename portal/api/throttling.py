"""How often a key may call."""

from __future__ import annotations

from django.core.cache import caches
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from portal.api.auth import KeyHolder


class KeyThrottle(SimpleRateThrottle):
    """So many calls a minute for each key, in each web process: it guards against loops, and a count in the database
    would cost every call a write."""

    scope = "key"
    cache = caches["process"]

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        holder: object = request.user
        return f"throttle-key-{holder.pk}" if isinstance(holder, KeyHolder) else None
