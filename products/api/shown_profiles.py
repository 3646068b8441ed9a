"""What the API shows of rule profiles: which is in force, what it leaves out, and who signed."""

from __future__ import annotations

from rest_framework import serializers

from products.api.shown import SignatureShape, signature_body
from products.api.surface import Body
from products.domain.products import PROFILE_LABELS, RuleProfile
from products.domain.profiles import PROFILES
from products.models import Product, ProfileAssignment


class ProfileShape(serializers.Serializer[None]):
    """The rule profile in force."""

    profile = serializers.CharField(help_text=f"One of {', '.join(RuleProfile)}.")
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    leaves_out = serializers.ListField(
        child=serializers.CharField(), help_text="Rules that are not required."
    )
    version = serializers.IntegerField(allow_null=True, help_text="None: strict, never assigned.")
    reason = serializers.CharField()
    signature = SignatureShape(allow_null=True)


def profile_body(product: Product) -> Body:
    """Of a product whose assignments were fetched, the latest first."""
    assigned = next(iter(product.profiles.all()), None)
    if assigned is not None:
        return assignment_body(assigned)
    return {
        **_named(RuleProfile(product.rule_profile)),
        "version": None,
        "reason": "",
        "signature": None,
    }


def assignment_body(assigned: ProfileAssignment) -> Body:
    return {
        **_named(RuleProfile(assigned.profile)),
        "version": assigned.version,
        "reason": assigned.reason,
        "signature": signature_body(assigned.signature),
    }


def _named(profile: RuleProfile) -> Body:
    return {
        "profile": profile,
        "label": PROFILE_LABELS[profile],
        "leaves_out": sorted(PROFILES[profile].left_out),
    }
