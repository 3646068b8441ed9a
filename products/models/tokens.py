"""API tokens: hashed, expiring, with a scope; never deleted, only revoked."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from knox.settings import CONSTANTS

from products.domain.accounts import TokenKind, TokenScope
from products.models.fields import UUIDv7, one_of, uuid7, word_field


class ApiToken(models.Model):
    """The columns that knox looks a token up by, and what limits its use.

    Not knox's abstract model: that one deletes tokens with their owner and keys them by the digest,
    which the audit trail must not show.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUIDv7(), editable=False)
    digest = models.CharField(max_length=CONSTANTS.DIGEST_LENGTH, unique=True)
    token_key = models.CharField(max_length=CONSTANTS.TOKEN_KEY_LENGTH, db_index=True)
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
    products = ArrayField(
        models.CharField(max_length=32),
        null=True,
        blank=True,
        help_text="Codes of the products that it is bound to; none: it reads everything.",
    )

    class Meta:
        constraints = [
            one_of("apitoken_scope_known", "scope", TokenScope),
            one_of("apitoken_kind_known", "kind", TokenKind),
            models.CheckConstraint(
                name="apitoken_of_products_reads",
                condition=Q(products__isnull=True)
                | Q(products__len__gt=0, scope=TokenScope.READ.value),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} ({self.user})"
