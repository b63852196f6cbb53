"""Erasing a person's data in one company, with a report: what was changed, what stays and why.

The person is known by texts that an operator gives: mail address, name, phone, account number. Bodies in which one
stands are taken away as retention takes them (hash and size stay), free text loses it, the account of a member is made
nameless. Neither the audit trail nor the report's own audit line is touched or names anybody: the chain still verifies.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.db import models, transaction

from integrations.models import Exchange
from integrations.services.erasure_policy import IN_USE, Column, columns, in_use
from portal.audit import trail
from portal.tenants.models import Membership, Role, Tenant, User

ERASED = "[erased]"
SHORTEST = 4
"""Characters of a text by which a person is known; a shorter one would hit words."""
CHUNK = 200
OUTSIDE = (
    "Backups keep it until they are thrown away; after a restore, erase again.",
    "The connected systems keep their own: what still stands there can be read again. Erase it there first.",
    "Pictures and PDF files are not searched for text: name the number of the document, and look.",
)


@dataclass(frozen=True, slots=True)
class Found:
    """A row in which the person stands."""

    where: str
    """Model.field, and the row's key."""
    row: int
    done: str
    """removed, emptied, replaced, made nameless, or stays."""
    why: str = ""
    """It stays."""


@dataclass(slots=True)
class Report:
    """What erasing did, or would do. It names rows, never the person."""

    tenant: str
    carried_out: bool
    changed: list[Found] = field(default_factory=list)
    stays: list[Found] = field(default_factory=list)
    outside: tuple[str, ...] = OUTSIDE

    def add(self, found: Found) -> None:
        (self.stays if found.done == "stays" else self.changed).append(found)

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows, by what was done."""
        return dict(Counter(found.done for found in (*self.changed, *self.stays)))


def plan(tenant: Tenant, texts: Iterable[str]) -> Report:
    """What erasing would change, and what would stay. Changes nothing. Raises ValidationError as `erase` does. Call it
    in the tenant's scope."""
    known = _Known.by(texts)
    _check_hold(tenant)
    return _go_through(tenant, known, Report(tenant.slug, carried_out=False))


def erase(tenant: Tenant, texts: Iterable[str], *, reason: str, actor: User | None) -> Report:
    """Erases. In transactions of one row each: interrupted, it is begun again. Raises ValidationError for no or too
    short texts, without a reason that names nobody, and under a legal hold. Call it in the tenant's scope."""
    known = _Known.by(texts)
    if not reason.strip() or known.stand_in(reason):
        raise ValidationError("Say why, without naming the person: it stays in the audit trail.")
    _check_hold(tenant)
    done = _go_through(tenant, known, Report(tenant.slug, carried_out=True))
    with transaction.atomic():
        said = ", ".join(f"{number} {what}" for what, number in sorted(done.counts.items())) or "nothing found"
        trail.record(
            trail.event(
                tenant,
                "person.erased",
                f"A person's data was erased ({said}): {reason}",
                object_type="tenant",
                object_id=tenant.pk,
                actor=actor,
                details={**done.counts, "report_sha256": hashlib.sha256(done.as_json().encode()).hexdigest()},
            )
        )
    return done


def _check_hold(tenant: Tenant) -> None:
    hold = Tenant.objects.values_list("legal_hold", flat=True).get(pk=tenant.pk)
    if hold:
        raise ValidationError(f"{tenant} is under a legal hold ({hold}): nothing of it may be taken away.")


class _Known:
    """The texts by which a person is known, as a pattern."""

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts
        self._pattern = re.compile("|".join(sorted(map(_spelled, _escaped(texts)), key=len, reverse=True)), re.I)

    @classmethod
    def by(cls, texts: Iterable[str]) -> _Known:
        """Raises ValidationError for none, and for one that is too short."""
        found = sorted({" ".join(text.split()) for text in texts} - {""})
        if not found:
            raise ValidationError("Say by which texts the person is known.")
        if short := [text for text in found if len(text) < SHORTEST]:
            raise ValidationError(f"'{short[0]}' is too short: it would hit others.")
        return cls(found)

    def stand_in(self, value: Any) -> bool:
        """Whether one of them stands in a value of any column."""
        match value:
            case None | bool() | int() | float():
                return False
            case str():
                return bool(self._pattern.search(value))
            case bytes():
                return any(self._pattern.search(value.decode(code, "replace")) for code in ("utf-8", "latin-1"))
            case dict():
                return any(self.stand_in(key) or self.stand_in(one) for key, one in value.items())
            case _:
                return any(map(self.stand_in, value))

    def without(self, value: Any) -> Any:
        """The value without them."""
        match value:
            case str():
                return self._pattern.sub(ERASED, value)
            case dict():
                return {self.without(key): self.without(one) for key, one in value.items()}
            case list():
                return [self.without(one) for one in value]
            case _:
                return value


def _escaped(texts: list[str]) -> set[str]:
    """The texts, and as JSON writes them with its escapes."""
    return {*texts, *(json.dumps(text)[1:-1] for text in texts)}


def _spelled(text: str) -> str:
    """A pattern for a text as people and formats write it: numbers with or without their gaps, words with any."""
    if sum(c.isdigit() for c in text) >= 6 and "@" not in text:
        body = r"[\s./-]?".join(re.escape(c) for c in text if c not in " ./-")
    else:
        body = r"\s+".join(map(re.escape, text.split()))
    return rf"(?<![^\W_]){body}(?![^\W_])"


def _go_through(tenant: Tenant, known: _Known, report: Report) -> Report:
    for column in columns():
        for found in _of_column(tenant, column, known, carry_out=report.carried_out):
            report.add(found)
    for found in _account(tenant, known, carry_out=report.carried_out):
        report.add(found)
    return report


def _of_column(tenant: Tenant, column: Column, known: _Known, *, carry_out: bool) -> Iterator[Found]:
    rows = column.model._base_manager.filter(tenant=tenant)
    used = in_use(column.model, tenant)
    last = 0
    while True:
        chunk = list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", column.name)[:CHUNK])
        if not chunk:
            return
        last = chunk[-1][0]
        for pk, value in chunk:
            if not known.stand_in(value):
                continue
            if column.treatment == "stays":
                yield Found(column.label, pk, "stays", column.why)
            elif _change(rows.filter(pk=pk), used, column, known.without(value), carry_out=carry_out):
                yield Found(column.label, pk, column.treatment)
            else:
                yield Found(column.label, pk, "stays", IN_USE)


def _change(row: models.QuerySet[Any], used: models.Q, column: Column, fresh: Any, *, carry_out: bool) -> bool:
    """Changes one row, unless something open needs it by now. Returns whether it did, or would."""
    free = row.exclude(used)
    if not carry_out:
        return free.exists()
    with transaction.atomic():
        pks = list(free.select_for_update(of=("self",)).values_list("pk", flat=True))
        mine = column.model._base_manager.filter(pk__in=pks)
        match column.treatment:
            case "removed":
                mine.delete()
            case "emptied":
                also = {"pruned": True} if column.model is Exchange else {}
                mine.update(**{column.name: None}, **also)
            case _:
                mine.update(**{column.name: _fitting(column, fresh)})
    return bool(pks)


def _fitting(column: Column, value: Any) -> Any:
    most = getattr(column.model._meta.get_field(column.name), "max_length", None)
    return value[:most] if most and isinstance(value, str) else value


def _account(tenant: Tenant, known: _Known, *, carry_out: bool) -> Iterator[Found]:
    """The account of a member whose address was given: it belongs to the company no more, and is made nameless unless
    it is needed elsewhere."""
    for member in Membership._base_manager.filter(tenant=tenant).select_related("user"):
        user = member.user
        if user.email.lower() not in {text.lower() for text in known.texts}:
            continue
        owners = Membership._base_manager.filter(tenant=tenant, role=Role.OWNER).exclude(pk=member.pk)
        if member.role == Role.OWNER and not owners.exists():
            yield Found("tenants.User", user.pk, "stays", "The only owner: make somebody else an owner first.")
            continue
        elsewhere = Membership._base_manager.filter(user=user).exclude(pk=member.pk).exists()
        yield Found("tenants.Membership", member.pk, "removed")
        kept = user.is_staff or user.is_superuser or elsewhere
        if carry_out:
            with transaction.atomic():
                member.delete()
                if not kept:
                    _make_nameless(user)
        if kept:
            why = "The account is one of staff." if not elsewhere else "The account belongs to another company too."
            yield Found("tenants.User", user.pk, "stays", why)
        else:
            yield Found("tenants.User", user.pk, "made nameless")


def _make_nameless(user: User) -> None:
    """The row stays: what its person did names it by its number. Nobody can log in with it any more."""
    user.username, user.email = f"erased-{user.pk}", f"erased-{user.pk}@erased.invalid"
    user.first_name = user.last_name = ""
    user.is_active = False
    user.set_unusable_password()
    user.save()
    for session in UserSession.objects.filter(user=user):
        session.end()
    Authenticator.objects.filter(user=user).delete()
    EmailAddress.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
