"""Django's settings, all of them read from the one table of the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.config import environment, keys, logs, postgres

DATA_DIR = Path(environment.get("SUNLIT_DATA_DIR")).resolve()
DEMO = environment.get("SUNLIT_DEMO")
DEBUG = environment.get("SUNLIT_DEBUG")
TLS = environment.get("SUNLIT_TLS")

SECRET_KEY = keys.secret_key(DATA_DIR)
ALLOWED_HOSTS = environment.get("SUNLIT_HOSTS")
ROOT_URLCONF = "sunlit.config.urls"
WSGI_APPLICATION = "sunlit.config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "sunlit.foundation.accounts",
    "sunlit.foundation.ledger",
    "sunlit.foundation.live",
    "sunlit.foundation.files",
    "sunlit.foundation.messages",
    "sunlit.foundation.seals",
    "sunlit.domain.rulebook",
    "sunlit.domain.registry",
    "sunlit.domain.catalog",
    "sunlit.domain.planning",
    "sunlit.domain.market",
    "sunlit.domain.contracts",
    "sunlit.domain.disclosure",
    "sunlit.domain.supervision",
    "sunlit.domain.insight",
    "sunlit.portals.ui",
    "sunlit.portals.account",
    "sunlit.portals.public",
    "sunlit.portals.buyer",
    "sunlit.portals.supplier",
    "sunlit.portals.regulator",
    "sunlit.portals.operator",
    "sunlit.portals.library",
    "sunlit.portals.api",
    "sunlit.foundation.outbox",  # last: it looks for the reactions of all the others
]

MIDDLEWARE = [
    "sunlit.config.requests.RequestMiddleware",
    "sunlit.config.security.SecurityMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "sunlit.portals.doors.ActorMiddleware",
    "sunlit.portals.doors.RefusalMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "sunlit.portals.ui.environment.environment"},
    },
]
for _portal in ("ui", "account", "public", "buyer", "supplier", "regulator", "operator", "library", "api"):
    TEMPLATES[0]["DIRS"].append(Path(__file__).parent.parent / "portals" / _portal / "templates")

DATABASES: dict[str, dict[str, Any]] = {"default": postgres.django_database()}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in/"

SESSION_ENGINE = "sunlit.foundation.accounts.sessions"
SESSION_COOKIE_NAME = "sunlit_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = TLS
CSRF_COOKIE_SECURE = TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "sunlit.portals.doors.csrf_failure"
SILENCED_SYSTEM_CHECKS = ["security.W008", "fields.W340"]

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English")), ("zh-hant", _("Traditional Chinese"))]
LANGUAGE_COOKIE_NAME = "sunlit_language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS: list[str] = [str(Path(__file__).parent / "locale"), str(Path(__file__).parent.parent / "foundation" / "kernel" / "locale")]
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = str(DATA_DIR / "static")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/built/"  # their addresses carry a mark of their content

globals().update(environment.mail())

LOGGING_CONFIG = None
logs.configure(environment.get("SUNLIT_LOG_FORMAT"))

PROCRASTINATE_IMPORT_PATHS = ["sunlit.foundation.outbox.tasks"]
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

LEDGER_ORIGIN = environment.get("SUNLIT_LEDGER_ORIGIN")
LIVE_URL = environment.get("SUNLIT_LIVE_URL")
BANK_URL = environment.get("SUNLIT_BANK_URL")
