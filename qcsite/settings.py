"""Settings: everything comes from the environment; a bad value stops the program and is named.

`VARIABLES` lists every variable that is read here. A variable whose line says "or ..._FILE" may
also be given as the path of a file that holds the value, which keeps secrets out of the
environment. Importing this module starts nothing and opens no connection.
"""

from __future__ import annotations

import os
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv, validate

from products.domain.accounts import ADDRESS_LIMIT, LOCK_FOR
from products.domain.encryption import key_from
from products.domain.errors import ConfigurationError
from qcsite.database.url import connection_from_url
from qcsite.proxies import Network
from qcsite.sso import check_provider

VARIABLES = {
    "SECRET_KEY": "Signs sessions; 50 random characters or more. Or SECRET_KEY_FILE.",
    "DATABASE_URL": "PostgreSQL as the serving role, postgresql://exolot_app:...@host/exolot. "
    "Or DATABASE_URL_FILE. Without it the embedded database is used.",
    "DATABASE_OWNER_URL": "The same database as its owner, only for provision, migrate and tests. "
    "Or DATABASE_OWNER_URL_FILE.",
    "DATABASE_POOL_SIZE": "Connections that one web process keeps; 0 means none are kept. "
    "Default 0, for the web server 10.",
    "EXOLOT_CLUSTER": "Which embedded database: data, demo, test, or none. Default data, for tests "
    "test.",
    "EXOLOT_PG_DIR": "Directory of the embedded databases. Default .pg in the project.",
    "LEDGER_KEY_PATH": "File with the key that signs the ledger's checkpoints, mode 0600; only "
    "`seal` reads it. Default: beside the embedded database.",
    "LEDGER_NAME": "The ledger's name, first line of every checkpoint; never changed. Default "
    "exolot/ledger.",
    "ALLOWED_HOSTS": "Host names served, separated by commas. Default: this machine only.",
    "TRUSTED_PROXIES": "Addresses or networks of the proxies in front of the server, separated by "
    "commas: only what they add to X-Forwarded-For counts. Default: none, the header is ignored.",
    "CSRF_TRUSTED_ORIGINS": "Origins of forms, separated by commas, when a proxy changes the host.",
    "HTTPS": "Whether people reach the server by HTTPS; secure cookies, redirects and HSTS follow. "
    "Default: yes once SECRET_KEY is set, except for the demo and test databases.",
    "DEBUG": "Django's debug pages; development only. Default false.",
    "TRAIL_REVIEW_DAYS": "Days after which the audit trail is reviewed again. Default 30.",
    "CREDENTIAL_REVIEW_DAYS": "Days after which accounts, roles and tokens are reviewed again. "
    "Default 180.",
    "FACTOR_KEY": "Encrypts the secrets of authenticator apps: 64 hexadecimal digits; further keys "
    "after commas only decrypt. Or FACTOR_KEY_FILE. Without it no app is enrolled.",
    "SIGNERS_NEED_SECOND_FACTOR": "Whether every signature asks for a second factor, also of "
    "accounts that have enrolled none and then sign nothing. Default false.",
    "SSO_ISSUER": "The identity provider (OpenID Connect) that opens the door besides the "
    "password: its issuer, letter by letter, https. Needs the extra sso. Default: none.",
    "SSO_CLIENT_ID": "What the provider calls this site.",
    "SSO_CLIENT_SECRET": "What this site proves itself to the provider with. Or "
    "SSO_CLIENT_SECRET_FILE.",
    "SSO_NAME": "What people call the provider; on the sign-in page. Default: its host.",
    "SSO_MAX_AGE_MINUTES": "How long ago the provider may have asked the person; an answer that "
    "does not say so is refused. Default 0: not asked for.",
    "API_REQUESTS_PER_MINUTE": "How many requests of one account the API answers within a minute, "
    "in each server process. Default 1200.",
    "API_FILES_AT_ONCE": "How many lists and dossiers are sent to one account as files at the same "
    "time, by all server processes together. Default 4.",
    "LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR. Default INFO.",
}

env = FileAwareEnv(strip_whitespace=True)
BASE_DIR = Path(__file__).resolve().parent.parent

DEVELOPMENT_KEY = "development-only-" + "0" * 48
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_KEY, validate=validate.Length(min=50))
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])


def _network(written: str) -> Network:
    try:
        return ip_network(written)
    except ValueError as error:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES names {written!r}, which is no address or network: {error}."
        ) from error


_PROXIES: list[str] = env.list("TRUSTED_PROXIES", [])
TRUSTED_PROXIES = [_network(written) for written in _PROXIES]
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])

INSTALLED_APPS = [
    "products.apps.ProductsConfig",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "axes",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "qcsite.proxies.ClientAddress",
    "qcsite.compression.CompressedPages",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "qcsite.methods.OnlyMethodsOfPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "qcsite.urls"
WSGI_APPLICATION = "qcsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

# Database. The engine starts the embedded server when the first connection is opened.
# pytest names itself in the environment: a test that is started by hand never meets records.
EXOLOT_CLUSTER = env.str(
    "EXOLOT_CLUSTER",
    "test" if "PYTEST_VERSION" in os.environ else "data",
    validate=validate.OneOf(["data", "demo", "test", "none"]),
)
EXOLOT_PG_DIR = Path(env.str("EXOLOT_PG_DIR", str(BASE_DIR / ".pg"))).absolute()
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 0, validate=validate.Range(min=0, max=1000))
# A transaction that waits for its client holds locks on lots: the server ends it. What the database
# writes itself, such as a list as CSV, has dates as ISO 8601 whatever the server is set to.
# What is prepared, in functions of the database too, looks records up by their keys: one plan is as
# good as another for each value, and takes longer to make than to carry out (ADR 0035).
CONNECTION_OPTIONS: dict[str, Any] = {
    "options": "-c idle_in_transaction_session_timeout=30s -c DateStyle=ISO "
    "-c plan_cache_mode=force_generic_plan -c random_page_cost=1.1",
    "prepare_threshold": 0,
}


def _database(url: str, role: str) -> dict[str, Any]:
    if not url and EXOLOT_CLUSTER == "none":
        return {"ENGINE": "django.db.backends.dummy"}
    if not url:
        return {
            "ENGINE": "qcsite.database",
            "NAME": "exolot",
            "USER": role,
            "OPTIONS": {**CONNECTION_OPTIONS, "embedded": EXOLOT_CLUSTER},
        }
    named = connection_from_url(url)
    options = {**CONNECTION_OPTIONS, **named.pop("OPTIONS")}
    return {"ENGINE": "qcsite.database", **named, "OPTIONS": options}


DATABASE_URL = env.str("DATABASE_URL", "")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", "")
if DATABASE_OWNER_URL and not DATABASE_URL:
    raise ImproperlyConfigured(
        "DATABASE_OWNER_URL is set, but DATABASE_URL is not: the owner would provision one "
        "database and the server would use another."
    )
DATABASES = {"default": _database(DATABASE_URL, "exolot_app")}
if DATABASE_OWNER_URL or not DATABASE_URL:
    DATABASES["owner"] = _database(DATABASE_OWNER_URL, "exolot_owner")
if DATABASE_POOL_SIZE:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        "timeout": 10,
    }
# Only `seal` reads the key: the web server never holds it.
LEDGER_KEY_PATH = Path(
    env.str("LEDGER_KEY_PATH", str(EXOLOT_PG_DIR / f"{EXOLOT_CLUSTER}-ledger-key"))
)
LEDGER_NAME = env.str("LEDGER_NAME", "exolot/ledger", validate=validate.Regexp(r"[^\s+]{1,200}\Z"))

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The project's own token table stands in for knox's.
MIGRATION_MODULES: dict[str, None] = {"knox": None}

# People: sign-in, passwords, sessions.
AUTH_USER_MODEL = "products.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
_VALIDATION = "django.contrib.auth.password_validation."
# Length and words of the place: `products.actions.passwords`, which asks this list too.
AUTH_PASSWORD_VALIDATORS = [{"NAME": _VALIDATION + "CommonPasswordValidator"}]
TRAIL_REVIEW_DAYS = env.int("TRAIL_REVIEW_DAYS", 30, validate=validate.Range(min=1, max=366))
CREDENTIAL_REVIEW_DAYS = env.int(
    "CREDENTIAL_REVIEW_DAYS", 180, validate=validate.Range(min=1, max=731)
)
SIGNERS_NEED_SECOND_FACTOR = env.bool("SIGNERS_NEED_SECOND_FACTOR", False)
# A demonstration and the tests hold no secret of anybody.
_WITHOUT_KEY = "0" * 64 if EXOLOT_CLUSTER in {"demo", "test"} else ""
try:
    FACTOR_KEYS = [
        key_from(written.strip())
        for written in env.str("FACTOR_KEY", _WITHOUT_KEY).split(",")
        if written.strip()
    ]
except ConfigurationError as error:
    raise ImproperlyConfigured(f"FACTOR_KEY: {error.message}") from error
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
# Wrong passwords from unknown addresses count by address; `products.actions.proving` counts the
# others for their account.
AXES_FAILURE_LIMIT = ADDRESS_LIMIT
AXES_COOLOFF_TIME = LOCK_FOR
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_WHITELIST_CALLABLE = "products.actions.proving.counts_for_account"
AXES_RESET_ON_SUCCESS = False
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Kept with a failure by their names alone; the password always is.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "second_factor", "passkey"]
AXES_LOCKOUT_TEMPLATE = "locked.html"

# Signing in through an identity provider: products.admin.sso.
SSO_ISSUER = env.str("SSO_ISSUER", "")
SSO_CLIENT_ID = env.str("SSO_CLIENT_ID", "")
SSO_CLIENT_SECRET = env.str("SSO_CLIENT_SECRET", "")
SSO_NAME = env.str("SSO_NAME", "") or urlsplit(SSO_ISSUER).hostname or ""
SSO_MAX_AGE_MINUTES = env.int("SSO_MAX_AGE_MINUTES", 0, validate=validate.Range(min=0, max=10080))
# Its tables stay unmade: what is linked to what is a record of ours.
SSO_APPS = ["allauth.account", "allauth.socialaccount"]
SSO_MIGRATIONS = {"account": None, "socialaccount": None}
SSO_MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]
SOCIALACCOUNT_ADAPTER = "products.admin.sso.provider.ConfiguredProvider"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
if SSO_ISSUER:
    check_provider(SSO_ISSUER, SSO_CLIENT_ID, SSO_CLIENT_SECRET)
    INSTALLED_APPS += SSO_APPS
    MIDDLEWARE += SSO_MIDDLEWARE
    MIGRATION_MODULES |= SSO_MIGRATIONS

# Safety in the browser.
HTTPS = env.bool("HTTPS", SECRET_KEY != DEVELOPMENT_KEY and EXOLOT_CLUSTER not in {"demo", "test"})
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Preloading binds a whole domain for years: its owner's decision, not the program's.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# API.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", 1200, validate=validate.Range(min=1))
API_FILES_AT_ONCE = env.int("API_FILES_AT_ONCE", 4, validate=validate.Range(min=1, max=1000))
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["products.api.tokens.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["products.api.rendering.FastJsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "products.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
KNOX_TOKEN_MODEL = "products.ApiToken"  # noqa: S105  # the name of a model
REST_KNOX = {
    "TOKEN_MODEL": KNOX_TOKEN_MODEL,
    "TOKEN_TTL": timedelta(days=90),
    "AUTO_REFRESH": False,
    "AUTH_HEADER_PREFIX": "Bearer",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Exolot",
    "DESCRIPTION": "Quality-control records of exosome product lots: release status and reasons.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "products.api.problem_examples.add_examples",
        "products.api.schema_pages.close_bodies",
    ],
}

# Times and numbers are shown as recorded: one language, UTC unless a record names its zone.
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_THOUSAND_SEPARATOR = False
DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y-m-d H:i T"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # nothing is collected or written before the server starts

LOG_LEVEL = env.str(
    "LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"])
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # Statements carry record data and password hashes.
        "django.db.backends": {"level": "WARNING"},
    },
}
