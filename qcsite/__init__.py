"""The site: settings, addresses, the server's entry point and the embedded database."""

from __future__ import annotations
