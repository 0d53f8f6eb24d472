"""How is the Django peer set up? Nothing that the measured calls don't need, and its documented settings for SQLite.

`benchmarks.servers` starts it under gunicorn; DRF_DATABASE names the file.
"""

import os

SECRET_KEY = "of no use: nothing is signed with it"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
TIME_ZONE, USE_TZ = "UTC", False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = ["rest_framework", "benchmarks.peers.drf"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "benchmarks.peers.drf.urls"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["DRF_DATABASE"],
        "CONN_MAX_AGE": None,  # a thread keeps its connection
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["benchmarks.peers.drf.callers.KeyAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "benchmarks.peers.drf.pages.Pages",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%SZ",
}
