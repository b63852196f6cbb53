"""Members of a tenant, invitations and API keys. Every change stays in the audit trail of the tenant."""

from __future__ import annotations

import datetime as dt
import secrets

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django_scopes import scope, scopes_disabled

from portal.audit import trail
from portal.common.clock import db_now
from portal.tenants.models import ApiKey, Invitation, Membership, Role, Scope, Tenant, User, hash_key

INVITED_FOR = dt.timedelta(days=14)
"""How long an invitation can be accepted."""


def found_company(name: str, *, time_zone: str, owner: User) -> Tenant:
    """A company of somebody who signed up, and who owns it. Companies of the same name get different addresses. Raises
    ValidationError."""
    name = name.strip()
    if not name:
        raise ValidationError(_("Say what your company is called."))
    base = slugify(name)[:40] or "company"
    with transaction.atomic():
        taken = set(Tenant.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        slug = next(s for s in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if s not in taken)
        row = Tenant(slug=slug, name=name[:200], time_zone=time_zone)
        row.full_clean()
        row.save()
        with scope(tenant=row):
            member = Membership.objects.create(tenant=row, user=owner, role=Role.OWNER)
            _note(row, "membership.founded", f"{owner.email} signed up with {row}, and owns it.", member, owner)
    return row


def change_role(membership: Membership, role: str, *, actor: User) -> None:
    """Gives a member another role. Raises ValidationError for an unknown role, and for the last owner."""
    if role not in Role:
        raise ValidationError(_("There is no such role."))
    with transaction.atomic():
        row = _locked(membership)
        if row.role == role:
            return
        _keep_an_owner(row)
        before, row.role = row.role, role
        row.save(update_fields=["role"])
        _note(row.tenant, "membership.changed", f"{row.user.email}: {before} → {role}.", row, actor)


def remove_member(membership: Membership, *, actor: User) -> None:
    """Takes a person out of the tenant; their account stays. Raises ValidationError for the last owner."""
    with transaction.atomic():
        row = _locked(membership)
        _keep_an_owner(row)
        _note(row.tenant, "membership.removed", f"{row.user.email} ({row.role}) belongs to it no more.", row, actor)
        row.delete()


def require_second_factor(tenant: Tenant, needed: bool, *, has_one: bool, actor: User) -> None:
    """Says whether members need a second factor to come in. Raises ValidationError for an owner without one
    (`has_one`): they would lock themselves out."""
    if needed and not has_one:
        raise ValidationError(_("Set up your own second factor first."))
    with transaction.atomic():
        if (
            Tenant.objects.filter(pk=tenant.pk)
            .exclude(second_factor_required=needed)
            .update(second_factor_required=needed)
        ):
            said = "Members need a second factor." if needed else "A second factor is up to each member."
            _note(tenant, "tenant.second_factor", said, tenant, actor)


def _locked(membership: Membership) -> Membership:
    """The row, with all owners of its tenant locked: two who take each other's role do not both win."""
    list(Membership.objects.select_for_update().filter(tenant_id=membership.tenant_id, role=Role.OWNER))
    return Membership.objects.select_related("user", "tenant").get(pk=membership.pk)


def _keep_an_owner(row: Membership) -> None:
    others = Membership.objects.filter(tenant_id=row.tenant_id, role=Role.OWNER).exclude(pk=row.pk)
    if row.role == Role.OWNER and not others.exists():
        raise ValidationError(_("This is the only owner; make somebody else an owner first."))


def invite(tenant: Tenant, email: str, role: str, *, actor: User) -> tuple[Invitation, str]:
    """Opens a door for an address. Gives back the row and the token for the mail, which nobody can read again. An open
    invitation of the same address is replaced. Raises ValidationError."""
    email = email.strip().lower()
    validate_email(email)
    if role not in Role:
        raise ValidationError(_("There is no such role."))
    if Membership.objects.filter(tenant=tenant, user__email__iexact=email).exists():
        raise ValidationError(
            _("%(email)s belongs to %(tenant)s already; change the role in the list.")
            % {"email": email, "tenant": tenant}
        )
    now, token = db_now(), secrets.token_urlsafe(32)
    with transaction.atomic():
        Invitation.objects.filter(tenant=tenant, email=email, accepted_at=None, withdrawn_at=None).update(
            withdrawn_at=now
        )
        row = Invitation.objects.create(
            tenant=tenant,
            email=email,
            role=role,
            token_hash=hash_key(token),
            invited_by=actor,
            expires_at=now + INVITED_FOR,
        )
        _note(tenant, "invitation.made", f"{email} was invited as {role}.", row, actor)
    return row, token


def withdraw(invitation: Invitation, *, actor: User) -> None:
    """Ends an open invitation."""
    with transaction.atomic():
        open_one = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
        if open_one.update(withdrawn_at=db_now()):
            _note(invitation.tenant, "invitation.withdrawn", f"{invitation.email}.", invitation, actor)


def invitation_of(token: str) -> Invitation | None:
    """The open invitation that a token belongs to; None for one that is unknown, over, or used."""
    with scopes_disabled():
        row = Invitation.objects.select_related("tenant", "invited_by").filter(token_hash=hash_key(token)).first()
    usable = row is not None and row.accepted_at is None and row.withdrawn_at is None and row.expires_at > db_now()
    return row if usable else None


def is_invited(email: str) -> bool:
    """Whether any company has an open invitation for an address."""
    with scopes_disabled():
        rows = Invitation.objects.filter(email=email.lower(), accepted_at=None, withdrawn_at=None)
        return rows.filter(expires_at__gt=db_now()).exists()


def accept(invitation: Invitation, *, user: User | None, name: str = "", password: str = "") -> User:
    """Makes the invited person a member: `user`, when they have an account, else a new one with the password.

    Raises ValidationError for a weak password, for somebody else's account, and for an invitation used meanwhile.
    """
    with scope(tenant=invitation.tenant), transaction.atomic():
        row = Invitation.objects.select_for_update().get(pk=invitation.pk)
        if row.accepted_at is not None or row.withdrawn_at is not None or row.expires_at <= db_now():
            raise ValidationError(_("The invitation can be used no more. Ask for a new one."))
        if user is None:
            user = _make_account(row.email, name, password)
        elif user.email.lower() != row.email:
            raise ValidationError(
                _("The invitation is for %(email)s. Log in with that address.") % {"email": row.email}
            )
        Membership.objects.update_or_create(tenant_id=row.tenant_id, user=user, defaults={"role": row.role})
        row.accepted_at = db_now()
        row.save(update_fields=["accepted_at"])
        _note(invitation.tenant, "invitation.accepted", f"{row.email} is {row.role} now.", row, user)
    return user


def _make_account(email: str, name: str, password: str) -> User:
    if User.objects.filter(email__iexact=email).exists():
        raise ValidationError(_("%(email)s has an account. Log in, and open the invitation again.") % {"email": email})
    first, _space, last = name.strip().partition(" ")
    user = User(username=email, email=email, first_name=first[:150], last_name=last[:150])
    validate_password(password, user)
    user.set_password(password)
    user.full_clean(exclude=["password"])
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)  # the invitation went there
    return user


def issue_key(
    tenant: Tenant, name: str, *, expires_at: dt.datetime | None, actor: User, scope: str = Scope.READ
) -> tuple[ApiKey, str]:
    """Makes an API key. Gives back the row and the key, which is shown once. Raises ValidationError."""
    name = name.strip()
    if not name:
        raise ValidationError(_("Say what the key is for."))
    if scope not in Scope:
        raise ValidationError(_("There is no such scope."))
    if ApiKey.objects.filter(tenant=tenant, name=name, revoked_at=None).exists():
        raise ValidationError(
            _("There is a key called '%(name)s'; revoke it first or choose another name.") % {"name": name}
        )
    with transaction.atomic():
        row, key = ApiKey.issue(tenant=tenant, name=name[:100], expires_at=expires_at, scope=scope)
        _note(tenant, "apikey.created", f"{row} was issued; it may {row.scope}.", row, actor)
    return row, key


def revoke_key(key: ApiKey, *, actor: User) -> None:
    """Ends a key: calls with it are refused from now on."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=db_now()):
            _note(key.tenant, "apikey.revoked", f"{key} was revoked.", key, actor)


def _note(tenant: Tenant, action: str, summary: str, row: models.Model, actor: User) -> None:
    kind = action.partition(".")[0]
    trail.record(trail.event(tenant, action, summary, object_type=kind, object_id=row.pk, actor=actor))
