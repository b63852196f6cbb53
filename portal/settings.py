"""Settings. Everything that differs between installations comes from the environment; see `.env.example`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import django_stubs_ext
import environ
import structlog
from csp.constants import NONE, SELF

from portal.keys import load_keys

BASE_DIR = Path(__file__).resolve().parent.parent
django_stubs_ext.monkeypatch()  # ModelForm[Delivery] and the like exist for type checkers only, until this
env = environ.Env()
if (BASE_DIR / ".env").exists():
    environ.Env.read_env(str(BASE_DIR / ".env"))

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
"""Everything that this installation writes: the SQLite database, generated keys, the demo's results."""

DEBUG = env.bool("DEBUG", default=False)

# --- Database

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'ml-connector.sqlite3'}")}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False
SQLITE = _database["ENGINE"] == "django.db.backends.sqlite3"
if SQLITE:
    Path(str(_database["NAME"])).parent.mkdir(parents=True, exist_ok=True)
    # One writer at a time and readers that never wait: every claim relies on IMMEDIATE, because row locks do not
    # exist
    # here.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    _database["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
    _database["CONN_HEALTH_CHECKS"] = True
    # A worker that was stopped between two statements must not hold its locks for ever.
    _database.setdefault("OPTIONS", {})["options"] = (
        "-c idle_in_transaction_session_timeout=60000 -c lock_timeout=30000"
    )
CACHES = {
    "default": {
        # Counts of logins that failed: over all processes and hosts, so they stand in the database.
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "common_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Keys

KEYS_FILE = Path(env.str("KEYS_FILE", default=str(VAR_DIR / "keys.json")))
_keys = load_keys(
    secret_key=env.str("SECRET_KEY", default=""),
    encryption_keys=env.list("FIELD_ENCRYPTION_KEYS", default=[]),
    file=KEYS_FILE,
    may_generate=SQLITE,
)
SECRET_KEY = _keys.secret_key
FIELD_ENCRYPTION_KEY = _keys.encryption_keys
EPOCH_FILE = Path(env.str("EPOCH_FILE", default=str(KEYS_FILE.with_name("epoch"))))
"""Stands beside the keys, never in a database backup: a restored database is known by its differing epoch."""
AUDIT_ANCHORS = env.str("AUDIT_ANCHORS", default="")
"""The folder of the audit trail's daily anchors; empty: `anchors` beside the epoch file."""

# --- Web

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
HTTPS = env.bool("HTTPS", default=BASE_URL.startswith("https://"))
"""Whether people reach us over TLS. Off only for one machine talking to itself."""

# As many as the page of a flow's rules sends with all the rules that it can hold; Django's own is 1,000.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked from beside, where nobody speaks TLS
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
"""Who shows it as a bearer token may read /metrics. Without it, there is no such address."""
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "portal.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "portal.common",
    "portal.tenants",
    "portal.audit",
    "edi",
    "integrations",
    "integrations.notices",
    "portal.staff.apps.StaffConfig",
    "portal.customer",
    "portal.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.common.language.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.staff.middleware.StaffScopeMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- Customers' accounts

ACCOUNT_ADAPTER = "portal.customer.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
SIGN_UP = env.bool("SIGN_UP", default=False)
"""Whether people may make an account and a company by themselves. Otherwise they are invited."""
ACCOUNT_SIGNUP_FORM_CLASS = "portal.customer.sign_up.SignUpForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if SIGN_UP and (HTTPS or env.str("EMAIL_URL", default="")) else "none"
"""Who was invited has shown that the address is theirs: the invitation went there. Who signs up has to show it, except
on one machine that sends no mail."""
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
"""A session lasts SESSION_COOKIE_AGE; nobody is asked."""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/15m/key",  # five wrong passwords lock an address out for a quarter of an hour
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
"""Counted in the database, so that they hold over all processes and hosts."""
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
"""Whose word on the caller's address counts: behind a proxy its own, otherwise nobody's."""
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=HTTPS)
"""Whether the staff admin opens only to people with a second factor. Tenants say it for themselves."""
MFA_ADAPTER = "portal.customer.accounts.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
"""A passkey that knows its owner (a finger, a face, a PIN) logs in alone, and is a second factor in itself. Browsers
offer it over https, and on http://localhost."""
MFA_TOTP_ISSUER = "ml-connector"
MFA_ALLOW_UNVERIFIED_EMAIL = True
"""As above: an address that was invited needs no second proof."""
OIDC_NAME = env.str("OIDC_NAME", default="OpenID Connect")
OIDC_SECOND_FACTOR = env.bool("OIDC_SECOND_FACTOR", default=False)
"""Whether a login through the provider has asked for a second factor, so that nobody need ask again."""
SOCIALACCOUNT_ADAPTER = "portal.customer.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_PROVIDERS = (
    {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": OIDC_NAME,
                    "client_id": env.str("OIDC_CLIENT_ID"),
                    "secret": env.str("OIDC_CLIENT_SECRET"),
                    "settings": {
                        "server_url": env.str("OIDC_SERVER_URL"),
                        "verified_email": env.list("OIDC_VERIFIED_DOMAINS", default=[]) or None,
                    },
                }
            ],
        }
    }
    if env.str("OIDC_SERVER_URL", default="")
    else {}
)
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
"""The operators chose the provider: whose address it has verified is that account's owner."""
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_LOGIN_ON_GET = True
"""By a link, because the policy lets no form lead elsewhere. Only logging in goes this way, see the adapter."""
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ml-connector <no-reply@localhost>")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the QR code of one-time passwords is drawn into the page
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
"""Of every page that states none of its own. No inline script, no inline style."""

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("sv", "Svenska")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = HTTPS, True, "Lax"
"""The choice of who is not logged in; a person's own stands in their row."""
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if HTTPS
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not HTTPS
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# --- Work

WORKERS = env.int("WORKERS", default=2)
"""Processes of one django-q2 cluster. One is always left free, so that tick and heartbeat get through."""
WORK_THREADS = env.int("WORK_THREADS", default=4 if SQLITE else 8)
"""Threads of one slice of work; they wait for HTTP most of the time."""
Q_CLUSTER = {
    "name": "ml-connector",
    "label": "Queue",
    "orm": "default",
    "workers": WORKERS,
    "queue_limit": WORKERS,
    "bulk": 1,
    "poll": 0.5,
    "timeout": 120,
    "retry": 600,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": -1,
    "recycle": 200,
    "max_rss": None,
    "ALT_CLUSTERS": {},
}

RESTORE_NUMBER_JUMP = env.int("RESTORE_NUMBER_JUMP", default=1000)
"""How many control numbers of each route are left out after a restore: more than were used since any backup."""
RESTORE_STEP_BACK = env.int("RESTORE_STEP_BACK", default=3600)
"""Seconds by which cursors step back after a restore, beside the time that is lost."""

_allowed_by_demo = VAR_DIR / "egress-allowed"
EGRESS_ALLOWED_NETWORKS = env.list(
    "EGRESS_ALLOWED_NETWORKS", default=_allowed_by_demo.read_text().split() if _allowed_by_demo.exists() else []
)
"""Networks (CIDR) that connections may reach although they are private. `make demo` leaves a file that allows this
machine, where its simulators listen."""

# --- API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.api.auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["portal.api.auth.HasTenant"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_RATES": {"key": "600/minute"},
    "UNAUTHENTICATED_USER": None,
    "EXCEPTION_HANDLER": "portal.api.problems.as_problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ml-connector",
    "DESCRIPTION": "How connections, feeds and flows of one tenant are, what they did, and its EDI documents.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portal.api.problems.name_problems",
        "portal.api.examples.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AttemptKind": "integrations.models.Attempt.Kind",
        "IssueStatus": "integrations.models.Issue.Status",
        "MessageState": "integrations.notices.models.Message.State",
        "NoticeKind": "integrations.notices.models.Kind",
        "DeliveryState": "integrations.models.State",
        "OperationKind": "integrations.models.Operation.Kind",
        "OperationState": "integrations.models.Operation.State",
        "RunKind": "integrations.models.Run.Kind",
        "RunOutcome": "integrations.models.Run.Outcome",
        "AcknowledgmentOutcome": "edi.models.Acknowledgment.Outcome",
        "Stream": "edi.models.Stream",
    },
}

# --- Logs

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_JSON = env.bool("LOG_JSON", default=not SQLITE)
_shared_processors: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _shared_processors,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer() if LOG_JSON else structlog.dev.ConsoleRenderer(colors=False),
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django-q": {"level": env.str("QUEUE_LOG_LEVEL", default="WARNING")},
        # These print tokens and query strings when set to DEBUG.
        "requests_oauthlib": {"level": "WARNING"},
        "oauthlib": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
    },
}
structlog.configure(
    processors=[*_shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
