"""Verbs of accounts: signing in, seats, addresses, organisations' own rules, keys for machines."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyotp
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from pypinyin import lazy_pinyin

from sunlit.foundation.access import operator
from sunlit.foundation.accounts import rules
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Address, ApiToken, Attempt, InvoiceTitle, Organisation, Region, Seat, Session, User
from sunlit.foundation.kernel import credit_code as credit_codes
from sunlit.foundation.kernel.limits import NAME_CHARS, REASON_CHARS_LEAST
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Refused, check
from sunlit.foundation.ledger import sentences
from sunlit.foundation.ledger import services as ledger

TRIES_PER_LOGIN = 5
TRIES_PER_ADDRESS = 30
REGISTRATIONS_PER_ADDRESS = 10
TRIES_WINDOW = timedelta(minutes=15)
TOTP_SECONDS = 30
TOKEN_BYTES = 32
LOGIN_CHARS = 60
LOGIN = re.compile(rf"[A-Za-z0-9._-]{{3,{LOGIN_CHARS}}}")

sentences.say("organisation.set_up", _("{organisation} set up {name} ({number})"))
sentences.say("organisation.close", _("{organisation} closed {name} ({number}): {reason}"))
sentences.say("organisation.reopen", _("{organisation} opened {name} ({number}) again: {reason}"))
sentences.say("user.reset_password", _("{actor} gave {person} a new password"))
sentences.say("seat.give", _("{actor} gave {person} the roles {roles} in {number}"))
sentences.say("seat.take", _("{actor} closed the seat of {person} in {number}"))
sentences.say("organisation.set_limit", _("{actor} set the approval limit of {number} to {limit}"))
sentences.say("organisation.set_duties", _("{actor} changed the separation of duties of {number}: {separates}"))
sentences.say("organisation.add_address", _("{actor} added the delivery address “{address}” to {number}"))
sentences.say("organisation.remove_address", _("{actor} removed the delivery address “{address}” from {number}"))
sentences.say("organisation.add_title", _("{actor} added the invoice title “{title}”, tax number {tax_number}, to {number}"))
sentences.say("organisation.remove_title", _("{actor} removed the invoice title “{title}”, tax number {tax_number}, from {number}"))
sentences.say("token.issue", _("{actor} issued the key “{name}” for {number}"))
sentences.say("token.revoke", _("{actor} revoked the key “{name}” of {number}"))


# Signing in


def sign_in(*, login: str, password: str, code: str = "", ip: str, at: datetime) -> User:
    """The person behind login, password and, where switched on, the authenticator's code.

    Refused: ACC-001 wrong, ACC-002 too many tries (per login and per address), ACC-003/004 code wanted or wrong. Tries are counted even so.
    """
    name = f"login:{login.strip().lower()[:LOGIN_CHARS]}"
    keys = {name: TRIES_PER_LOGIN, f"ip:{ip}": TRIES_PER_ADDRESS}
    _not_too_often(keys, at)
    user = _with_login(login).filter(is_active=True).first()
    if not check_password(password, user.password if user else _decoy()) or user is None:
        _count(keys, at)
        raise Refused(Problem(rules.WRONG_LOGIN, on="password"))
    if user.totp_secret:
        _code_fits(user, code, keys, at)
    Attempt.objects.filter(key=name).delete()
    return user


def _with_login(login: str) -> QuerySet[User]:
    """Whoever has this login, however it is written: one person at most."""
    return User.objects.alias(low=Lower("login")).filter(low=login.strip().lower())


def _not_too_often(keys: Mapping[str, int], at: datetime, on: str = "password") -> None:
    for key, most in keys.items():
        if Attempt.objects.filter(key=key, at__gt=at - TRIES_WINDOW).count() >= most:
            raise Refused(Problem(rules.TOO_MANY_TRIES, {"minutes": int(TRIES_WINDOW.total_seconds() // 60)}, on=on))


def _count(keys: Iterable[str], at: datetime) -> None:
    Attempt.objects.filter(at__lt=at - TRIES_WINDOW).delete()
    Attempt.objects.bulk_create([Attempt(key=key, at=at) for key in keys])


def _decoy() -> str:
    """A hash to check against when there is no such login: the answer takes as long."""
    global _decoy_hash
    _decoy_hash = _decoy_hash or make_password(secrets.token_hex(8))
    return _decoy_hash


_decoy_hash = ""


def _code_fits(user: User, code: str, keys: Iterable[str], at: datetime) -> None:
    """Each code is good once: the step it belongs to must be newer than the last one used."""
    if not code.strip():
        raise Refused(Problem(rules.CODE_WANTED, on="code"))
    step = _step_of(user.totp_secret, code.strip(), at)
    fresh = step is not None and User.objects.filter(pk=user.pk, totp_last_step__lt=step).update(totp_last_step=step)
    if not fresh:
        _count(keys, at)
        raise Refused(Problem(rules.CODE_WRONG, on="code"))


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    now, given = int(at.timestamp()) // TOTP_SECONDS, unicodedata.normalize("NFKC", code).encode()  # Chinese keyboards write １２３, too
    totp = pyotp.TOTP(secret)
    return next((step for step in (now, now - 1, now + 1) if secrets.compare_digest(totp.at(step * TOTP_SECONDS).encode(), given)), None)


def new_totp_secret() -> str:
    """A fresh secret to show as a QR code; nothing is stored until it is confirmed."""
    return pyotp.random_base32()


def totp_address(user: User, secret: str) -> str:
    """The otpauth:// address that an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.login, issuer_name="Sunlit")


def confirm_totp(user: User, *, secret: str, code: str, at: datetime) -> None:
    """Switch two-step sign-in on once a code of the new secret fits. Refused: ACC-004, ACC-018."""
    if user.totp_secret:
        raise Refused(Problem(rules.TOTP_RUNNING))
    step = _step_of(secret, code.strip(), at)
    if step is None:
        raise Refused(Problem(rules.CODE_WRONG, on="code"))
    User.objects.filter(pk=user.pk).update(totp_secret=secret, totp_last_step=step)


def drop_totp(user: User, *, password: str, at: datetime) -> None:
    """Switch two-step sign-in off. Refused: ACC-002, ACC-012."""
    _password_is(user, password, at)
    User.objects.filter(pk=user.pk).update(totp_secret="", totp_last_step=0)


def change_password(user: User, *, old: str, new: str, at: datetime, keep_session: str = "") -> None:
    """A new password; every other sign-in of the person ends. Refused: ACC-002, ACC-011, ACC-012."""
    _password_is(user, old, at)
    set_password(user, new)
    Session.objects.filter(user=user).exclude(session_key=keep_session).delete()


def set_password(user: User, new: str, *, on: str = "new") -> None:
    """Refused: ACC-011 with every reason why it is too weak, or it cannot be kept."""
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Refused(*(Problem(rules.PASSWORD_WEAK, {"why": why}, on=on) for why in error.messages)) from None
    user.set_password(new)
    user.save(update_fields=["password"])


def _password_is(user: User, password: str, at: datetime) -> None:
    """Counted like a sign-in: whoever sits at an open screen does not get to guess for long."""
    keys = {f"password:{user.pk}": TRIES_PER_LOGIN}
    _not_too_often(keys, at, on="old")
    if not user.check_password(password):
        _count(keys, at)
        raise Refused(Problem(rules.PASSWORD_WRONG, on="old"))
    Attempt.objects.filter(key__in=keys).delete()


def end_session(public_id: str, *, user_id: int) -> bool:
    """End one sign-in of the person; True when there was one."""
    return bool(Session.objects.filter(public_id=public_id, user_id=user_id).delete()[0])


def register(*, login: str, name_zh: str, password: str, email: str = "", ip: str, at: datetime) -> User:
    """A person without a seat, such as one who applies for a new organisation. Refused: ACC-002 too many from one address, ACC-006 … ACC-008, ACC-011."""
    keys = {f"register:{ip}": REGISTRATIONS_PER_ADDRESS}
    _not_too_often(keys, at)
    with transaction.atomic():
        user = _new_person(login=login, name_zh=name_zh, password=password, email=email, at=at)
    _count(keys, at)
    return user


def _new_person(*, login: str, name_zh: str, password: str, at: datetime, name_en: str = "", email: str = "") -> User:
    check(person_problems(login, name_zh))
    user = User(login=login, name_zh=name_zh.strip(), name_en=name_en.strip(), email=email.strip(), created_at=at)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:  # taken at the same instant
        raise Refused(Problem(rules.LOGIN_TAKEN, {"login": login}, on="login")) from None
    set_password(user, password, on="password")
    return user


# Organisations and seats


def pinyin_key(name: str) -> str:
    """What Chinese names are sorted by."""
    return " ".join(lazy_pinyin(name)).lower()


@transaction.atomic
def set_up_organisation(
    *, kind: str, number: str, name_zh: str, region: Region, by: Actor, at: datetime, name_en: str = "", credit_code: str = "", **more: Any
) -> Organisation:
    """Set up an organisation. Refused: ACC-010 unless the operator, a regulator of the region, or the admission of a supplier asks;
    ACC-008 no name, ACC-024 no such kind, ACC-025/026 credit code or number taken, USC-001 … the credit code is wrong.
    """
    if not (operator.allows(by, None) or _regulates(by, region.path)):
        raise Refused(Problem(rules.NOT_ALLOWED, {"who": _("the operator or the regulator of the region")}))
    check(_organisation_problems(kind, number, name_zh, credit_code))
    made = Organisation(
        kind=kind,
        number=number,
        name_zh=name_zh.strip(),
        name_en=name_en.strip(),
        name_key=pinyin_key(name_zh),
        credit_code=credit_code,
        region=region,
        created_at=at,
        **more,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:  # set up by somebody else at the same instant
        check(_organisation_problems(kind, number, name_zh, credit_code))
        raise
    facts = {"number": number, "name": made.name_zh, "kind": kind, "actor": by.user_name, "organisation": by.organisation_name}
    ledger.record(act="organisation.set_up", subject=f"organisation/{number}", by=by, at=at, facts=facts, region=region.path)
    return made


@transaction.atomic
def add_person(
    organisation: Organisation,
    *,
    login: str,
    name_zh: str,
    roles: Iterable[str],
    password: str,
    by: Actor,
    at: datetime,
    name_en: str = "",
    email: str = "",
) -> Seat:
    """Give a new person a login and a seat. Refused: ACC-006 … ACC-011."""
    _may_seat(organisation, by)
    user = _new_person(login=login, name_zh=name_zh, name_en=name_en, password=password, email=email, at=at)
    return give_seat(organisation, user=user, roles=roles, by=by, at=at)


@transaction.atomic
def give_seat(organisation: Organisation, *, user: User, roles: Iterable[str], by: Actor, at: datetime) -> Seat:
    """Set the roles of a person in the organisation; no roles closes the seat. Refused: ACC-009, ACC-010, ACC-013."""
    _may_seat(organisation, by)
    wanted = sorted(set(roles))
    check(Problem(rules.ROLE_UNKNOWN, {"role": role}, on="roles") for role in wanted if role not in rules.ROLES[organisation.kind])
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    others = Seat.objects.filter(organisation=organisation, active=True, roles__contains=["admin"]).exclude(user=user)
    had = Seat.objects.filter(organisation=organisation, user=user, active=True, roles__contains=["admin"]).exists()
    if had and "admin" not in wanted and not others.exists():
        raise Refused(Problem(rules.LAST_ADMIN, on="roles"))
    seat, _new = Seat.objects.update_or_create(user=user, organisation=organisation, defaults={"roles": wanted, "active": bool(wanted)})
    facts = {"number": organisation.number, "actor": by.user_name, "person": user.name_zh, "roles": ", ".join(wanted)}
    act = "seat.give" if wanted else "seat.take"
    ledger.record(act=act, subject=f"organisation/{organisation.number}", by=by, at=at, facts=facts, region=by.region_path)
    return seat


def number_for(kind: str, at: datetime) -> str:
    """A fresh number for an organisation of this kind: CG-20261122-7K3M9QW4 for a buyer."""
    return new_number(rules.PREFIXES[kind], at)


@transaction.atomic
def close_organisation(organisation: Organisation, *, reason: str, by: Actor, at: datetime) -> Organisation:
    """Nobody acts for it any more, nor its keys, until it is opened again.

    Refused: ACC-010 not the operator, ACC-027 no reason, ACC-028 closed already, ACC-029 the own one, ACC-030 a supplier.
    """
    if organisation.pk == by.organisation_id:
        raise Refused(Problem(rules.OWN_ORGANISATION))
    if organisation.kind == "supplier":
        raise Refused(Problem(rules.SUPPLIER_STANDING))
    return _set_active(organisation, False, reason, by, at)


@transaction.atomic
def reopen_organisation(organisation: Organisation, *, reason: str, by: Actor, at: datetime) -> Organisation:
    """Its people may act for it again. Refused: ACC-010 not the operator, ACC-027 no reason, ACC-028 open already."""
    return _set_active(organisation, True, reason, by, at)


@transaction.atomic
def reset_password(user: User, *, new: str, by: Actor, at: datetime, drop_totp: bool = False) -> User:
    """For who has forgotten the password or, with `drop_totp`, lost the authenticator; every sign-in of the person ends.

    Refused: ACC-010 not the operator, ACC-011 too weak.
    """
    _only_operator(by)
    set_password(user, new)
    if drop_totp:
        User.objects.filter(pk=user.pk).update(totp_secret="", totp_last_step=0)
    Session.objects.filter(user=user).delete()
    facts = {"number": user.login, "person": user.name_zh, "user": user.pk, "actor": by.user_name, "totp": not drop_totp}
    own = f"organisation/{by.organisation_number}"  # subjects are public and name no person
    ledger.record(act="user.reset_password", subject=own, by=by, at=at, facts=facts)
    return user


def _set_active(organisation: Organisation, active: bool, reason: str, by: Actor, at: datetime) -> Organisation:
    _only_operator(by)
    it = Organisation.objects.select_for_update(of=("self",)).select_related("region").get(pk=organisation.pk)
    if len(reason.strip()) < REASON_CHARS_LEAST:
        raise Refused(Problem(rules.REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason"))
    if it.active == active:
        raise Refused(Problem(rules.ALREADY_SO))
    it.active = active
    it.save(update_fields=["active"])
    told = {"number": it.number, "name": it.name_zh, "reason": reason.strip(), "actor": by.user_name, "organisation": by.organisation_name}
    act = "organisation.reopen" if active else "organisation.close"
    ledger.record(act=act, subject=f"organisation/{it.number}", by=by, at=at, facts=told, region=it.region.path)
    return it


def _only_operator(by: Actor) -> None:
    if not operator.allows(by, None):
        raise Refused(Problem(rules.NOT_ALLOWED, {"who": _("the operator")}))


def _organisation_problems(kind: str, number: str, name_zh: str, code: str) -> Iterator[Problem]:
    if kind not in rules.PREFIXES:
        yield Problem(rules.KIND_UNKNOWN, on="kind")
    if not name_zh.strip():
        yield Problem(rules.NAME_MISSING, on="name_zh")
    elif len(name_zh) > NAME_CHARS:
        yield Problem(rules.TEXT_LONG, {"most": NAME_CHARS}, on="name_zh")
    if Organisation.objects.filter(number=number).exists():
        yield Problem(rules.NUMBER_TAKEN, {"number": number}, on="number")
    if code and (wrong := credit_codes.validate(code)):
        yield wrong
    elif code and Organisation.objects.filter(kind=kind, credit_code=code).exists():
        yield Problem(rules.CREDIT_CODE_TAKEN, {"code": code}, on="credit_code")


def person_problems(login: str, name_zh: str) -> Iterator[Problem]:
    """Why nobody can get this login or name: ACC-006, ACC-007, ACC-008."""
    if not LOGIN.fullmatch(login):
        yield Problem(rules.LOGIN_WRONG, on="login")
    elif _with_login(login).exists():
        yield Problem(rules.LOGIN_TAKEN, {"login": login}, on="login")
    if not name_zh.strip() or len(name_zh) > NAME_CHARS:
        yield Problem(rules.NAME_MISSING, on="name_zh")


def _regulates(by: Actor, path: str) -> bool:
    return by.kind == "regulator" and (path == by.region_path or path.startswith(by.region_path + "/"))


def _may_seat(organisation: Organisation, by: Actor) -> None:
    own = by.organisation_id == organisation.pk and by.has("admin")
    buyers = organisation.kind == "buyer" and _regulates(by, organisation.region.path)
    admission = organisation.kind == "supplier" and _regulates(by, organisation.region.path)
    if not (own or buyers or admission or operator.allows(by, None)):
        raise Refused(
            Problem(rules.NOT_ALLOWED, {"who": _("the organisation's administrator, the operator or the regulator of the region")})
        )


def _may_keep(by: Actor) -> None:
    if not by.has("admin", "lead"):
        raise Refused(Problem(rules.NOT_ALLOWED, {"who": _("the organisation's administrator or lead")}))


# The organisation's own rules


@transaction.atomic
def set_approval_limit(amount: Decimal | None, *, by: Actor, at: datetime) -> None:
    """Orders above it need the lead; None takes the rulebook's limit. Refused: ACC-010, ACC-016."""
    _may_keep(by)
    if amount is not None and amount < 0:
        raise Refused(Problem(rules.AMOUNT_WRONG, {"amount": amount}, on="approval_limit"))
    Organisation.objects.filter(pk=by.party).update(approval_limit=amount)
    _record_own(by, at, "organisation.set_limit", limit=str(amount) if amount is not None else "—")


@transaction.atomic
def set_separation(separates: bool, *, by: Actor, at: datetime) -> None:
    """Whether who orders may also receive and accept. Refused: ACC-010."""
    _may_keep(by)
    Organisation.objects.filter(pk=by.party).update(separates_duties=separates)
    _record_own(by, at, "organisation.set_duties", separates=separates)


def _record_own(by: Actor, at: datetime, act: str, **facts: Any) -> None:
    told = {"number": by.organisation_number, "actor": by.user_name, **facts}
    ledger.record(act=act, subject=f"organisation/{by.organisation_number}", by=by, at=at, facts=told, region=by.region_path)


@transaction.atomic
def add_address(*, receiver: str, phone: str, text: str, region: Region, preferred: bool, by: Actor, at: datetime) -> Address:
    """A delivery address of the own organisation. Refused: ACC-010, ACC-015, ACC-023."""
    _may_keep(by)
    check(_text_problems({"receiver": receiver, "phone": phone, "text": text}))
    if preferred:
        Address.objects.filter(organisation_id=by.party).update(preferred=False)
    made = Address.objects.create(organisation_id=by.party, receiver=receiver, phone=phone, text=text, region=region, preferred=preferred)
    _record_own(by, at, "organisation.add_address", address=text, region=region.code, preferred=preferred)
    return made


@transaction.atomic
def remove_address(address_id: int, *, by: Actor, at: datetime) -> None:
    """Orders keep their own copy. Refused: ACC-010. Another organisation's, or one removed already, is left alone."""
    _may_keep(by)
    it = Address.objects.select_for_update().filter(pk=address_id, organisation_id=by.party).first()
    if it is not None:
        it.delete()
        _record_own(by, at, "organisation.remove_address", address=it.text)


@transaction.atomic
def add_invoice_title(
    *, title: str, tax_number: str, bank: str = "", account: str = "", preferred: bool, by: Actor, at: datetime
) -> InvoiceTitle:
    """An invoice title of the own organisation. Refused: ACC-010, ACC-015, ACC-023."""
    _may_keep(by)
    check([*_text_problems({"title": title, "tax_number": tax_number}), *_length_problems({"bank": bank, "account": account})])
    if preferred:
        InvoiceTitle.objects.filter(organisation_id=by.party).update(preferred=False)
    given = {"title": title, "tax_number": tax_number, "bank": bank, "account": account}
    made = InvoiceTitle.objects.create(organisation_id=by.party, preferred=preferred, **given)
    _record_own(by, at, "organisation.add_title", **given, preferred=preferred)
    return made


@transaction.atomic
def remove_invoice_title(title_id: int, *, by: Actor, at: datetime) -> None:
    """Orders keep their own copy. Refused: ACC-010. Another organisation's, or one removed already, is left alone."""
    _may_keep(by)
    it = InvoiceTitle.objects.select_for_update().filter(pk=title_id, organisation_id=by.party).first()
    if it is not None:
        it.delete()
        _record_own(by, at, "organisation.remove_title", title=it.title, tax_number=it.tax_number)


def _text_problems(texts: Mapping[str, str]) -> Iterator[Problem]:
    for field, text in texts.items():
        if not text.strip():
            yield Problem(rules.FIELD_MISSING, on=field)
        else:
            yield from _length_problems({field: text})


def _length_problems(texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from (Problem(rules.TEXT_LONG, {"most": NAME_CHARS}, on=field) for field, text in texts.items() if len(text) > NAME_CHARS)


# Keys for machines


@transaction.atomic
def issue_token(*, name: str, scopes: Iterable[str], by: Actor, at: datetime, days: int = 365) -> tuple[ApiToken, str]:
    """A key for machines with the seat of who issues it; the plain text is shown once and never stored. Refused: ACC-010, ACC-017, ACC-008."""
    if not by.has("admin"):
        raise Refused(Problem(rules.NOT_ALLOWED, {"who": _("the organisation's administrator")}))
    wanted = sorted(set(scopes))
    problems = [Problem(rules.SCOPE_UNKNOWN, {"scope": scope}, on="scopes") for scope in wanted if scope not in rules.SCOPES]
    if not name.strip():
        problems.append(Problem(rules.NAME_MISSING, on="name"))
    check([*problems, *_length_problems({"name": name})])
    plain = f"slt_{secrets.token_urlsafe(TOKEN_BYTES)}"
    token = ApiToken.objects.create(
        organisation_id=by.party,
        seat_id=by.seat_id or 0,
        name=name.strip(),
        hash=_token_hash(plain),
        hint=plain[-4:],
        scopes=wanted,
        created_at=at,
        expires_at=at + timedelta(days=days),
    )
    _record_own(by, at, "token.issue", name=token.name)
    return token, plain


@transaction.atomic
def revoke_token(token: ApiToken, *, by: Actor, at: datetime) -> None:
    """The key stops at once. Refused: ACC-010 another organisation's."""
    if token.organisation_id != by.organisation_id or not by.has("admin"):
        raise Refused(Problem(rules.NOT_ALLOWED, {"who": _("the organisation's administrator")}))
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        _record_own(by, at, "token.revoke", name=token.name)


def token_actor(plain: str, *, at: datetime) -> tuple[Actor, frozenset[str], ApiToken] | None:
    """The actor and scopes behind a key, or None when it is unknown, expired, revoked or its seat is closed. One query."""
    tokens = ApiToken.objects.select_related("seat__user", "seat__organisation__region")
    token = tokens.filter(hash=_token_hash(plain), revoked_at=None, expires_at__gt=at, seat__active=True, organisation__active=True).first()
    if token is None or not token.seat.user.is_active:
        return None
    return actor_in(token.seat), frozenset(token.scopes), token


def _token_hash(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
