"""What all addresses of the API share: the scope of the key's tenant, lists by keyset, ETags."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, cast

from django.utils.cache import get_conditional_response, set_response_etag
from django_scopes import scope
from rest_framework import mixins, status, viewsets
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.api.auth import KeyHolder
from portal.api.throttling import KeyThrottle
from portal.tenants.models import Tenant


class NewestFirst(CursorPagination):
    """Pages by keyset: page a thousand is as fast as page one, and new rows shift nothing."""

    ordering = "-id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500


class ScopedView(APIView):
    """Runs within the scope of the key's tenant: another tenant's row does not exist here."""

    throttle_classes = [KeyThrottle]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with ExitStack() as self.scopes:
            response = super().dispatch(request, *args, **kwargs)
            return _unless_known(request, response.render() if hasattr(response, "render") else response)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.scopes.enter_context(scope(tenant=self.tenant))

    @property
    def tenant(self) -> Tenant:
        return cast(KeyHolder, self.request.user).tenant

    @property
    def caller(self) -> str:
        """Who asks, as the audit trail names it."""
        return str(cast(KeyHolder, self.request.user).key)


def _unless_known(request: Any, response: Any) -> Any:
    """The answer with its ETag; 304 without a body to who has it already and says so (`If-None-Match`)."""
    if request.method not in ("GET", "HEAD") or response.status_code != status.HTTP_200_OK:
        return response
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-cache"
        set_response_etag(response)
    return get_conditional_response(request, etag=response.get("ETag"), response=response)


class Listing(ScopedView, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """A list and its single rows, read only."""
