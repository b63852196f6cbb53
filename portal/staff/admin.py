"""Tables of other packages: the queue is for superusers; groups are not used, and what allauth keeps of a person is not
shown: its secrets are nobody's business."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django_q.admin import FailAdmin, QueueAdmin, ScheduleAdmin, TaskAdmin
from django_q.models import Failure, OrmQ, Schedule, Success

from portal.site import QUEUE
from portal.site.lists import CappedPaginator
from portal.site.pages import is_superuser


class QueueRights:
    """Only superusers see the queue. It only wakes workers up: what is to be done stands in feeds and deliveries."""

    area = QUEUE
    paginator = CappedPaginator
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission


_NOT_SHOWN = (
    Group, EmailAddress, Authenticator, UserSession, SocialAccount, SocialApp, SocialToken,
    Schedule, Success, Failure, OrmQ,
)  # fmt: skip
for _model in _NOT_SHOWN:
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(OrmQ)
class WaitingTasks(QueueRights, QueueAdmin):  # type: ignore[misc]
    rank = 10


@admin.register(Schedule)
class Schedules(QueueRights, ScheduleAdmin):  # type: ignore[misc]
    rank = 20


@admin.register(Failure)
class FailedTasks(QueueRights, FailAdmin):  # type: ignore[misc]
    rank = 30


@admin.register(Success)
class DoneTasks(QueueRights, TaskAdmin):  # type: ignore[misc]
    rank = 40
