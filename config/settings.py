"""Every setting of Vitrine, read from the environment or `.env`; `.env.example` explains each."""

import os
from datetime import time
from typing import Any
from urllib.parse import urlsplit

from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured

from config import audit, key_access, local, logs
from config.starting import issuers, settings_rules
from config.starting.environment import Environment

BASE_DIR = local.BASE_DIR
VAR_DIR = local.VAR_DIR

env = Environment()
env.read_file((VAR_DIR if os.environ.get("VITRINE_DATA_DIR") else BASE_DIR) / ".env")
# Before all others, so that messages about wrong settings are JSON too.
LOG_FORMAT = env.choice("LOG_FORMAT", "text", *logs.LINES)
if LOG_FORMAT == "json":
    logs.write_json()


def _storage(setting: str, name: str, options: str) -> dict[str, Any]:
    """Return the storage of a setting: any Django backend by dotted name, options as JSON."""
    settings_rules.require_storage(name, setting)
    return {
        "BACKEND": name,
        "OPTIONS": settings_rules.storage_options(name, options, setting),
    }


def _origins(name: str) -> list[str]:
    """Return the origins of the addresses that the setting lists."""
    addresses = env.texts(name)
    for address in addresses:
        settings_rules.require_address(name, address, ("http", "https"))
    return [settings_rules.origin(address) for address in addresses]


# --- server ---------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or local.secret_key()
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is missing; set it to a long random text. `make run` and `vitrine up` make one."
    )
SECRET_KEY_FALLBACKS = env.texts("SECRET_KEY_FALLBACKS")
PORT = env.number("PORT", 8000, 1, 65535)
PUBLIC_URL = settings_rules.public_origin(env.address("PUBLIC_URL", "", "http", "https"))
ALLOWED_HOSTS = [
    settings_rules.require_host("ALLOWED_HOSTS", host)
    for host in env.texts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
]
if PUBLIC_URL:
    ALLOWED_HOSTS.append(urlsplit(PUBLIC_URL).hostname or "")
    CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(PUBLIC_URL))]
settings_rules.require_strong_key(SECRET_KEY, ALLOWED_HOSTS)

# --- upstream: fal or the sandbox; only these addresses and the key differ ------------------------
# Processes without the key cannot derive UPSTREAM from it: pages use the worker's record instead
# (runs/progress/current_upstream.py).
FAL_KEY = key_access.if_granted("FAL_KEY", env.text("FAL_KEY"))
if FAL_KEY:
    settings_rules.require_key_pair(FAL_KEY)
UPSTREAM = env.choice("UPSTREAM", "fal" if FAL_KEY else "sandbox", "fal", "sandbox")
if UPSTREAM == "sandbox" and not os.environ.get("FAL_QUEUE_URL"):
    env.read_file(local.SANDBOX_FILE)
    FAL_KEY = key_access.if_granted("FAL_KEY", env.text("FAL_KEY"))
FAL_ADMIN_KEY = key_access.if_granted("FAL_ADMIN_KEY", env.text("FAL_ADMIN_KEY"))
if FAL_ADMIN_KEY:
    settings_rules.require_key_pair(FAL_ADMIN_KEY, "FAL_ADMIN_KEY")
FAL_API_URL = env.address("FAL_API_URL", "https://api.fal.ai/v1", "https", "http")
FAL_QUEUE_URL = env.address("FAL_QUEUE_URL", "https://queue.fal.run", "https", "http")
FAL_RUN_URL = env.address("FAL_RUN_URL", "https://fal.run", "https", "http")
FAL_WS_URL = env.address("FAL_WS_URL", "wss://ws.fal.run", "wss", "ws")
FAL_REST_URL = env.address("FAL_REST_URL", "https://rest.fal.ai", "https", "http")
# The address of `manage.py realtime` for browsers; without it there are no live sessions.
REALTIME_URL = env.address("REALTIME_URL", "", "wss", "ws")
REALTIME_ORIGIN = ["{0.scheme}://{0.netloc}".format(urlsplit(REALTIME_URL))] if REALTIME_URL else []
# The same process's address for the web process: streams and live sessions of fal's clients.
GATEWAY_URL = env.address("GATEWAY_URL", "", "http")
# `manage.py up` sets it: realtime is started by the first connection, so none may be running.
IS_ON_DEMAND = "VITRINE_REALTIME_ON_DEMAND" in os.environ
# Origins of results and thumbnails: the only ones that we fetch from and that pages may show.
FAL_MEDIA_URLS = settings_rules.require_media_urls(
    env.texts(
        "FAL_MEDIA_URLS", "https://fal.media,https://*.fal.media,https://storage.googleapis.com"
    )
)
FAL_MEDIA_URLS += [
    origin
    for origin in map(
        settings_rules.origin, (FAL_API_URL, FAL_QUEUE_URL, FAL_RUN_URL, FAL_REST_URL)
    )
    if origin not in FAL_MEDIA_URLS and not origin.endswith((".fal.ai", "fal.run"))
]
FAL_MEDIA_URLS = list(dict.fromkeys(FAL_MEDIA_URLS))
HOUSE_NAME = env.text("HOUSE_NAME")  # on the pages of shares, beside the sender
SYNC_INTERVAL_MINUTES = env.number("SYNC_INTERVAL_MINUTES", 60, 0, 100_000)
RATE_LIMITS = env.flag("RATE_LIMITS", "1")
MCP_SPENDING_CAP = env.number("MCP_SPENDING_CAP", 5, 0, 100_000)
RUNS_AT_ONCE = env.number("RUNS_AT_ONCE", 40, 1, 5000)
RUNS_AT_ONCE_PER_USER = env.number("RUNS_AT_ONCE_PER_USER", 10, 1, 5000)

# A live session ends after this time, or after so many seconds without a change.
LIVE_MINUTES, LIVE_IDLE_S = 10, 60
LIVE_PICTURES_PER_S = 8

# --- mail ---------------------------------------------------------------------------------------
# Only the worker sends mail: links to reset passwords, and notifications.
EMAIL_URL = env.text("EMAIL_URL")
_MAIL = settings_rules.parse_mail_url(EMAIL_URL)
EMAIL_BACKEND, EMAIL_FILE_PATH = _MAIL.backend, _MAIL.folder
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.use_tls, _MAIL.use_ssl
EMAIL_TIMEOUT = 20
MAIL_FROM = env.text("MAIL_FROM")
DEFAULT_FROM_EMAIL = MAIL_FROM or "Vitrine <vitrine@localhost>"
PASSWORD_RESET_TIMEOUT = 4 * 3600

# --- notifications ----------------------------------------------------------------------------
# Webhooks go to public https addresses, and to these origins.
WEBHOOK_PRIVATE_ORIGINS = _origins("WEBHOOK_PRIVATE_ORIGINS")

# --- audit log --------------------------------------------------------------------------------
AUDIT_LOG = env.text("AUDIT_LOG")
AUDIT_DAYS = audit.require_days(env.number("AUDIT_DAYS", 365, 0, 36_500))
AUDIT_KEPT_DAYS = audit.KEPT_DAYS
AUDITLOG_LOGENTRY_MODEL = "accounts.AuditEntry"
AUDITLOG_INCLUDE_TRACKING_MODELS = audit.AUDITED
AUDITLOG_USE_FK_STRING_REPRESENTATION = True
AUDITLOG_DISABLE_ON_RAW_SAVE = True

# --- storage ------------------------------------------------------------------------------------
DATABASE_URL = env.text("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'vitrine.sqlite3'}"
if not DATABASE_URL.startswith(("sqlite://", "postgres://", "postgresql://")):
    raise ImproperlyConfigured(
        "DATABASE_URL must look like postgres://user:password@host/name or sqlite:///path."
    )
if not DATABASE_URL.startswith("sqlite://"):
    DATABASE_URL = DATABASE_URL.replace("#", "%23")  # of a password: the address has no fragment
DATABASES = {"default": env.parse_database_url(DATABASE_URL)}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
if IS_SQLITE:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            # FULL: a power cut must not lose the record that a submit was sent, or it is sent
            # twice.
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
            "PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY;"
        ),
    }
else:
    # Prepare each statement on its second execution, so that PostgreSQL reuses its plan (ADR 48).
    # DATABASE_URL may set another threshold, or "off".
    options: dict[str, object] = {"server_side_binding": True, "prepare_threshold": 1}
    options |= DATABASES["default"].get("OPTIONS", {})
    if options["prepare_threshold"] == "off":
        options["prepare_threshold"] = None
    DATABASES["default"]["OPTIONS"] = options
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = env.text("MEDIA_ROOT") or str(VAR_DIR / "media")
STATIC_ROOT = VAR_DIR / "static"
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_KEEP_ONLY_HASHED_FILES = not DEBUG
WHITENOISE_USE_FINDERS = False  # with DEBUG too, they would find sources instead of the bundles
STORAGES = {
    "default": _storage(
        "MEDIA_STORAGE",
        env.text("MEDIA_STORAGE") or "django.core.files.storage.FileSystemStorage",
        env.text("MEDIA_STORAGE_OPTIONS"),
    ),
    "staticfiles": {"BACKEND": "config.server.static_build.Storage"},
}
# --- backups --------------------------------------------------------------------------------------
# A folder, or a storage by its dotted name. The worker makes one each day at BACKUP_AT.
BACKUP_TO = env.text("BACKUP_TO")
if BACKUP_TO:
    STORAGES["backups"] = (
        settings_rules.private_folder(BACKUP_TO)
        if "/" in BACKUP_TO
        else _storage("BACKUP_TO", BACKUP_TO, env.text("BACKUP_TO_OPTIONS"))
    )
BACKUP_AT = time(3)
BACKUPS_KEPT = env.number("BACKUPS_KEPT", 14, 1, 10_000)
BACKUP_PASSPHRASE = env.text("BACKUP_PASSPHRASE")
# Where to report vulnerabilities: an address for /.well-known/security.txt (RFC 9116).
SECURITY_CONTACT = settings_rules.parse_contact(env.text("SECURITY_CONTACT"))
FILE_UPLOAD_PERMISSIONS = 0o600  # only this account may read results and uploads
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
# Limits in MB: one result file, one person's uploads, the free space to leave on the disk, a post.
RESULT_FILE_MAX_MB = 2048
UPLOADS_MAX_MB_PER_PERSON = env.number("UPLOADS_MAX_MB_PER_PERSON", 5120, 1, 100_000_000)
DISK_FLOOR_MB = 512
POST_MAX_MB = 2100
# Days for which things are kept that nobody has starred, shared or decided upon; 0: for ever.
# Projects may override this for runs and files.
RUNS_KEPT_DAYS = env.number("RUNS_KEPT_DAYS", 0, 0, 3650)
FILES_KEPT_DAYS = env.number("FILES_KEPT_DAYS", 0, 0, 3650)
UPLOADS_KEPT_DAYS = env.number("UPLOADS_KEPT_DAYS", 0, 0, 3650)
DRAFTS_KEPT_DAYS, INBOX_KEPT_DAYS, LOGS_KEPT_DAYS = 180, 90, 30
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 << 20  # a form may hold a megabyte of text many times over
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # each node of a large schema is a form control
DATA_UPLOAD_MAX_NUMBER_FILES = 4_100  # a data set of 2,000 files comes with as many captions

# --- Django ---------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config.apps.VitrineConfig",
    "config.apps.VitrineAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.idp.oidc",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "auditlog",
    "accounts",
    "catalog",
    "projects",
    "runs",
    "playground",
    "features.notifications",
    "features.boards",
    "features.flows",
    "features.library",
    "features.spending",
    "features.retirement",
    "features.sharing",
    "features.former.chats",
    "features.former.training",
    "api",
    "house.operations",
    "house",
]
MIDDLEWARE = [
    "core.http.errors.retry_later",
    "config.middleware.lower_forwarded_proto",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.set_opener_policy",
    "config.middleware.set_permissions_policy",
    "csp.middleware.CSPMiddleware",
    "config.middleware.CompressTexts",
    "api.http.problem.as_problems",
    "api.http.retirement.announce",
    "api.http.dispatch.accept_final_slash",
    "accounts.sessions.store.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "api.http.authentication.TokenAuthentication",
    "config.body_limits.LimitBodies",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.audit.trail.remember_request",
    "accounts.limits.rate_limit.RateLimit",
    "accounts.login.LoginRequired",
    "accounts.sessions.active_sessions.record_use",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "playground.views.refusals.AnswerRefusals",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.second_factor.required.SecondFactorRequired",
    "projects.current.in_named_project",
    "config.middleware.reject_nul_paths",
]
ROOT_URLCONF = "config.urls"
APPEND_SLASH = True
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.frame",
                "features.notifications.context.bell",
                "features.spending.context.left",
            ],
            "builtins": [
                "catalog.templatetags.vitrine",
                "playground.templatetags.corridor",
                "playground.templatetags.results",
                "projects.templatetags.projects",
                "django.templatetags.static",
            ],
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "core.template_whitespace.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
        },
    }
]
FORM_RENDERER = "core.forms.Renderer"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"
# Browsers send a host's cookies to all of its ports, so the port is in their names: two Vitrines,
# or another Django, on one host do not log each other out. Scripts get it as `data-port`.
COOKIE_PORT = settings_rules.public_port(PUBLIC_URL) or PORT
SESSION_COOKIE_NAME = f"vitrine_session_{COOKIE_PORT}"
CSRF_COOKIE_NAME = f"vitrine_csrf_{COOKIE_PORT}"
THEME_COOKIE_NAME = f"vitrine_theme_{COOKIE_PORT}"
TAB_COOKIE_NAME = f"vitrine_tab_{COOKIE_PORT}"
TYPED_COOKIE_NAME = f"vitrine_typed_{COOKIE_PORT}"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
SESSION_ENGINE = "accounts.sessions.store"
AUTHENTICATION_BACKENDS = ["accounts.login.Backend"]
# Hashes of Django's other hashers stay valid.
PASSWORD_HASHERS = ["core.typed_secrets.PasswordHasher", *global_settings.PASSWORD_HASHERS[1:]]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
# --- signing in: django-allauth ------------------------------------------------------------------
ACCOUNT_ADAPTER = "accounts.sign_in.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.forms.SignInForm",
    "reset_password": "accounts.sign_in.forms.ResetForm",
    "change_password": "accounts.sign_in.forms.PasswordForm",
    "set_password": "accounts.sign_in.forms.FirstPasswordForm",
    "reset_password_from_key": "accounts.sign_in.forms.NewPasswordForm",
}
ACCOUNT_CHANGE_EMAIL = True  # one address, which counts once its owner followed a link sent there
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True  # about each change of how one logs in
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/login/"
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before one changes how one signs in
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
# Passwords and codes have their own waits, in the database for all processes
# (accounts.limits.throttle).
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None} if RATE_LIMITS else False
ACCOUNT_USERNAME_MIN_LENGTH = 2
# Issuers are set here alone, never in the database (accounts.sign_in.issuers).
SOCIALACCOUNT_PROVIDERS = issuers.read(env.text)
SOCIALACCOUNT_ADAPTER = "accounts.sign_in.issuers.adapter.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address alone proves nothing
# A verified address in one of these domains may create an account by an issuer, uninvited.
SIGN_UP_DOMAINS = issuers.read_domains(env.text("SIGN_UP_DOMAINS"))
USERSESSIONS_ADAPTER = "accounts.sessions.active_sessions.SessionsAdapter"
# It would write at each request; `record_use` writes every ten minutes.
USERSESSIONS_TRACK_ACTIVITY = False
# --- programs that sign in by the browser: django-allauth's `idp.oidc` ---------------------------
# Whether a program that nobody here knows may register itself; a person is asked all the same.
OAUTH_REGISTRATION = env.flag("OAUTH_REGISTRATION", "1")
IDP_OIDC_ADAPTER = "api.oauth.adapter.OAuthAdapter"
IDP_OIDC_DCR_REQUIRES_INITIAL_ACCESS_TOKEN = False
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 60 * 24 * 3600  # each use makes a new one
IDP_OIDC_RATE_LIMITS = False  # "sign-in" counts them (accounts.limits.rate_limit)
# --- the second factor: django-allauth's `mfa` ---------------------------------------------------
# Who needs one: nobody, admins (staff and superusers), or everybody.
SECOND_FACTOR = env.choice("SECOND_FACTOR", "off", "off", "admins", "all")
MFA_ADAPTER = "accounts.second_factor.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "accounts.second_factor.forms.StepForm",
    "reauthenticate": "accounts.second_factor.forms.ConfirmForm",
    "activate_totp": "accounts.second_factor.forms.AppForm",
    "add_webauthn": "accounts.second_factor.forms.NewPasskeyForm",
    "authenticate_webauthn": "accounts.second_factor.forms.PasskeyStepForm",
    "reauthenticate_webauthn": "accounts.second_factor.forms.PasskeyConfirmForm",
    "login_webauthn": "accounts.second_factor.forms.PasskeyLoginForm",
    "edit_webauthn": "accounts.second_factor.forms.PasskeyNameForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Vitrine"
MFA_TOTP_TOLERANCE = 1  # the code before and after too: clocks differ (RFC 6238, 5.2)
# Nobody joins by an address of their choice, so an unverified address is harmless.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# A passkey cannot be guessed; requests are limited by "sign-in"
# (accounts.limits.rate_limit).
MFA_RATE_LIMITS = False
LANGUAGE_CODE = "en"
TIME_ZONE = env.time_zone("TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True

# --- security -----------------------------------------------------------------------------------
_IS_HTTPS = PUBLIC_URL.startswith("https:")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _IS_HTTPS else None
# Health checks and Prometheus on this machine use plain HTTP and bypass the proxy.
SECURE_SSL_REDIRECT = _IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|livez|readyz|metrics)$"]
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if _IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = None  # config.middleware.set_opener_policy sends it
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # HSTS for this host's subdomains is the operator's decision,
    "security.W021",  # and so is its entry in browsers' preload list
    "security.W019",  # the 3D viewer is framed by our own pages
]
X_FRAME_OPTIONS = "SAMEORIGIN"  # the 3D viewer is a page in a sandboxed frame
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *FAL_MEDIA_URLS],
        "media-src": ["'self'", "data:", "blob:", *FAL_MEDIA_URLS],
        "connect-src": ["'self'", *REALTIME_ORIGIN],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'"],
        "report-uri": "/csp-reports/",
    }
}

DEFAULT_EXCEPTION_REPORTER_FILTER = "config.error_reports.ExceptionReporterFilter"
# --- what an operator reads ---------------------------------------------------------------------
LOGGING = logs.configuration(AUDIT_LOG, LOG_FORMAT)
# Readers of /metrics send it; if it is empty, there is no such page.
METRICS_TOKEN = settings_rules.require_long("METRICS_TOKEN", env.text("METRICS_TOKEN"))
