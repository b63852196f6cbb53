"""Addresses of the API."""

from __future__ import annotations

from csp.decorators import csp_exempt
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView
from rest_framework.routers import SimpleRouter

from portal.api import documents, operations, problems, status, subscribers, views, webhooks

router = SimpleRouter(trailing_slash=False)
router.register("connections", views.ConnectionViewSet, "connection")
router.register("integrations", views.IntegrationViewSet, "integration")
router.register("flows", views.FlowViewSet, "flow")
router.register("feeds", views.FeedViewSet, "feed")
router.register("runs", views.RunViewSet, "run")
router.register("deliveries", views.DeliveryViewSet, "delivery")
router.register("documents", documents.DocumentViewSet, "document")
router.register("issues", views.IssueViewSet, "issue")
router.register("records", views.RecordViewSet, "record")
router.register("subscribers", subscribers.SubscriberViewSet, "subscriber")
router.register("messages", subscribers.MessageViewSet, "message")
router.register("operations", operations.OperationViewSet, "operation")

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    # The viewer writes its styles into the page.
    path("reference/", csp_exempt()(SpectacularRedocView.as_view(url_name="api:schema")), name="reference"),
    path("v1/status", status.StatusView.as_view(), name="status"),
    path("v1/webhooks/<slug:system>/<str:token>/", webhooks.receive, name="webhook"),
    path("v1/", include(router.urls)),
    re_path("^v1/", problems.NothingHere.as_view(), name="nothing"),
]
