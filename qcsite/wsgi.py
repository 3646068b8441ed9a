"""The production server's entry point; it refuses to start where records would not be safe."""

from __future__ import annotations

import gc
import logging
import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from qcsite.startup import refusals
from qcsite.trailers import WithTrailers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qcsite.settings")
# Only the web server keeps connections: commands come and go.
os.environ.setdefault("DATABASE_POOL_SIZE", "10")

application = WithTrailers(get_wsgi_application())

# After the applications are loaded.
from products.management.checkup import causes_to_warn_of, grave_causes  # noqa: E402

if _causes := refusals() or grave_causes():
    raise ImproperlyConfigured(
        "The server does not start:\n" + "\n".join(f"- {cause}" for cause in _causes)
    )
for _cause in causes_to_warn_of():
    logging.getLogger(__name__).warning("%s", _cause)

# What is loaded stays: looking through it for garbage again and again takes a tenth of the time
# of a request.
gc.collect()
gc.freeze()
