"""Rule profiles: which release rules a product may do without, and who may sign its release.

A profile is data under signature: without one, or for a product of another basis, all rules apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from products.domain.errors import ConfigurationError
from products.domain.facts import LotFacts
from products.domain.lots import local_text
from products.domain.products import PROFILE_LABELS, Basis, RuleProfile

MAY_BE_LEFT_OUT = frozenset({"R09", "R15", "R25"})
"""Every other rule is core: no profile leaves it out."""


@dataclass(frozen=True, slots=True)
class Profile:
    """``left_out`` are ids of rules; ``bases`` those of the products that may have the profile.

    Raises:
        ConfigurationError: a core rule is left out.
    """

    left_out: frozenset[str]
    reviewer_may_release: bool
    bases: frozenset[Basis]

    def __post_init__(self) -> None:
        if core := self.left_out - MAY_BE_LEFT_OUT:
            raise ConfigurationError(f"No profile leaves out the rule {', '.join(sorted(core))}.")


STRICT = Profile(frozenset(), reviewer_may_release=False, bases=frozenset(Basis))

PROFILES: Mapping[RuleProfile, Profile] = MappingProxyType(
    {
        RuleProfile.STRICT: STRICT,
        RuleProfile.PHASE_1_IND: Profile(
            frozenset({"R25"}), reviewer_may_release=True, bases=frozenset({Basis.US_IND})
        ),
        RuleProfile.RESEARCH_USE_ONLY: Profile(
            frozenset({"R09", "R15", "R25"}),
            reviewer_may_release=False,
            bases=frozenset({Basis.RESEARCH_USE_ONLY}),
        ),
    }
)


def profile_in_force(lot: LotFacts) -> Profile:
    """The profile that was signed for the lot's product; strict when it cannot be relied on."""
    if lot.profile not in set(RuleProfile):
        return STRICT
    profile = PROFILES[RuleProfile(lot.profile)]
    is_signed = bool(lot.profile_signed_by.strip()) and lot.profile_signed_at is not None
    return profile if is_signed and lot.basis in profile.bases else STRICT


def note_on_profile(lot: LotFacts) -> str:
    """Why a rule is not required, and who signed for it."""
    assert lot.profile_signed_at is not None  # a profile that leaves a rule out is signed
    return (
        f"Not required by profile {PROFILE_LABELS[lot.profile]}, signed by "
        f"{lot.profile_signed_by} on {local_text(lot.profile_signed_at, lot.zone)}."
    )
