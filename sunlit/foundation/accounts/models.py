"""Who there is: people, organisations of every kind, the region tree, and who may act for whom."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Region(models.Model):
    """A node of the one net: the prefecture, its counties, city and zone. `path` is '652800/652801'."""

    code = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField()
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.TextField(unique=True)
    level = models.TextField(default="county")

    class Meta:
        ordering: ClassVar = ["path"]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class Kind(models.TextChoices):
    BUYER = "buyer", _("Buyer")
    SUPPLIER = "supplier", _("Supplier")
    AGENCY = "agency", _("Agency")
    REGULATOR = "regulator", _("Regulator")
    OPERATOR = "operator", _("Operator")
    BANK = "bank", _("Bank")


class Organisation(models.Model):
    """A party of any kind. Its number is what the public record names."""

    # Identity
    number = models.TextField(unique=True)
    kind = models.TextField(choices=Kind)
    name_zh = models.TextField()
    name_en = models.TextField(default="", blank=True)
    name_key = models.TextField(default="", blank=True)  # pinyin, to sort by: no embedded PostgreSQL has ICU
    credit_code = models.TextField(default="", blank=True)
    region = models.ForeignKey(Region, models.PROTECT, related_name="organisations")

    # Contact
    contact = models.TextField(default="", blank=True)
    phone = models.TextField(default="", blank=True)
    address = models.TextField(default="", blank=True)

    # Its own rules
    approval_limit = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    separates_duties = models.BooleanField(default=True)

    # Life
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["name_key", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "credit_code"], condition=~models.Q(credit_code=""), name="one_organisation_of_a_kind_per_credit_code"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=Kind.values), name="organisation_kind_is_known"),
            models.CheckConstraint(
                condition=models.Q(approval_limit__isnull=True) | models.Q(approval_limit__gte=0), name="approval_limit_is_not_negative"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "region", "name_key"], name="organisation_by_kind")]

    def __str__(self) -> str:
        return self.name_zh


class Address(models.Model):
    """Where goods go: kept by the organisation, copied into each order."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="addresses")
    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    receiver = models.TextField()
    phone = models.TextField()
    text = models.TextField()
    preferred = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-preferred", "id"]


class InvoiceTitle(models.Model):
    """To whom the invoice is made out."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invoice_titles")
    title = models.TextField()
    tax_number = models.TextField()
    bank = models.TextField(default="", blank=True)
    account = models.TextField(default="", blank=True)
    preferred = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-preferred", "id"]


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(login=username)


class User(AbstractBaseUser):
    """A person. What a person may do comes from seats, never from flags on the person."""

    login = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField(default="", blank=True)
    email = models.TextField(default="", blank=True)
    phone = models.TextField(default="", blank=True)
    language = models.TextField(default="zh-hans")
    totp_secret = models.TextField(default="", blank=True)
    totp_last_step = models.BigIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name_zh"]

    class Meta:
        ordering: ClassVar = ["login"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("login"), name="one_login_however_it_is_written")]

    def __str__(self) -> str:
        return self.name_zh


class Seat(models.Model):
    """Who may act for which organisation, in which roles."""

    user = models.ForeignKey(User, models.CASCADE, related_name="seats")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="seats")
    roles = ArrayField(models.TextField(), default=list)
    active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "organisation"], name="one_seat_per_person_and_organisation")]


class SessionManager(BaseSessionManager["Session"]):
    pass


class Session(AbstractBaseSession):
    """A sign-in: listed to its owner, who can end it."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    ip = models.TextField(default="", blank=True)
    agent = models.TextField(default="", blank=True)
    started_at = models.DateTimeField(null=True)

    objects: ClassVar[SessionManager] = SessionManager()

    @classmethod
    def get_session_store_class(cls) -> type:
        from sunlit.foundation.accounts.sessions import SessionStore

        return SessionStore


class Attempt(models.Model):
    """A failed sign-in, counted to slow the next ones down."""

    key = models.TextField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "at"], name="attempt_by_key")]


class ApiToken(models.Model):
    """A key for machines: per organisation and scope; only its hash is kept."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="tokens")
    seat = models.ForeignKey(Seat, models.CASCADE, related_name="tokens")
    name = models.TextField()
    hash = models.TextField(unique=True)
    hint = models.TextField()
    scopes = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
