"""Signing in through an identity provider: pages of the extra `sso`, mounted where one is set.

Nothing else of the product imports this package, so that everything else runs without the extra.
"""

from __future__ import annotations
