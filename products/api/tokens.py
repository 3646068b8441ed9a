"""Tokens that clients prove themselves with."""

from __future__ import annotations

from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from products.models import ApiToken, User
from products.queries.people import is_expired


class TokenAuthentication(KnoxTokenAuthentication):  # type: ignore[misc]  # knox has no types
    """``Authorization: Bearer ...``. Judges a token, and never deletes or renews one."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        # A token is letters and digits; anything else cannot be looked up.
        if not token.isalnum():
            raise AuthenticationFailed("Invalid token.")
        user, found = super().authenticate_credentials(token)
        return user, found

    def validate_user(self, auth_token: ApiToken) -> tuple[User, ApiToken]:
        """Only the holder of the whole token learns why it is refused."""
        user = auth_token.user
        if auth_token.revoked_at is not None:
            raise AuthenticationFailed(
                f"This token was revoked on {auth_token.revoked_at:%Y-%m-%d}. Ask for a new one."
            )
        if auth_token.expiry <= timezone.now():
            raise AuthenticationFailed(
                f"This token expired on {auth_token.expiry:%Y-%m-%d}. Ask for a new one."
            )
        if not user.is_active or user.locked_at is not None:
            raise AuthenticationFailed(f"The account {user.username} is inactive or locked.")
        if is_expired(user, timezone.now()):
            raise AuthenticationFailed(f"The account {user.username} expired.")
        return user, auth_token

    def _cleanup_token(self, auth_token: ApiToken) -> bool:
        """Knox deletes here; our tokens stay on record, and `validate_user` judges them."""
        return False
