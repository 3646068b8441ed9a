"""API tokens: hashed, expiring, with a scope; never deleted, only revoked."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from knox.models import AbstractAuthToken
from knox.settings import CONSTANTS

from products.domain.accounts import TokenKind, TokenScope
from products.models.fields import UUIDv7, one_of, uuid7, word_field


class ApiToken(AbstractAuthToken):  # type: ignore[misc]  # knox carries no types
    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUIDv7(), editable=False)
    digest = models.CharField(max_length=CONSTANTS.DIGEST_LENGTH, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="auth_token_set"
    )
    created = models.DateTimeField()
    expiry = models.DateTimeField()
    scope = word_field(TokenScope)
    kind = word_field(TokenKind)
    purpose = models.CharField(max_length=100)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[ApiToken]] = models.Manager()

    class Meta:
        constraints = [
            one_of("apitoken_scope_known", "scope", TokenScope),
            one_of("apitoken_kind_known", "kind", TokenKind),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} ({self.token_key})"
