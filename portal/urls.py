"""Addresses of the portal."""

from __future__ import annotations

from allauth.socialaccount import views as social
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from portal.api import health
from portal.customer import catalogue, sessions, single_sign_on
from portal.customer.language import choose_language
from portal.customer.sign_up import get_started
from portal.customer.start import start
from portal.customer.team import invitation

urlpatterns = [
    path("", start, name="start"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("get-started/", get_started, name="get_started_any"),
    path("get-started/<slug:pair>/", get_started, name="get_started"),
    path("catalogue/", catalogue.catalogue, name="catalogue"),
    path("catalogue/<slug:pair>/", catalogue.pair, name="catalogue_pair"),
    path("language/", choose_language, name="language"),
    path("invitation/<str:token>/", invitation, name="invitation"),
    path("t/<slug:tenant>/", include("portal.customer.urls")),
    path("account/", include("allauth.account.urls")),
    path("account/sessions/<int:pk>/end/", sessions.end, name="usersessions_end"),
    path("account/sessions/", include("allauth.usersessions.urls")),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("account/oidc/<slug:provider_id>/login/", single_sign_on.login, name="openid_connect_login"),
    path("account/oidc/<slug:provider_id>/login/callback/", single_sign_on.callback, name="openid_connect_callback"),
    path("account/oidc/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("account/oidc/error/", social.login_error, name="socialaccount_login_error"),
    path("account/oidc/unknown/", RedirectView.as_view(pattern_name="account_login"), name="socialaccount_signup"),
    path("admin/", admin.site.urls),
    path("api/", include("portal.api.urls")),
]
