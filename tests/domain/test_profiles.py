"""Rule profiles: what they leave out, and what nobody can leave out."""

from __future__ import annotations

import pytest

from products.domain.errors import ConfigurationError
from products.domain.products import PROFILE_LABELS, Basis, RuleProfile
from products.domain.profiles import MAY_BE_LEFT_OUT, PROFILES, Profile
from products.domain.rules import RULES

CORE = [rule.id for rule in RULES if rule.id not in MAY_BE_LEFT_OUT]


def test_every_profile_has_its_rules_and_its_name() -> None:
    assert set(PROFILES) == set(PROFILE_LABELS) == set(RuleProfile)


@pytest.mark.parametrize(
    ("profile", "left_out", "reviewer_may_release", "bases"),
    [
        (RuleProfile.STRICT, set(), False, set(Basis)),
        (RuleProfile.PHASE_1_IND, {"R25"}, True, {"us_ind"}),
        (RuleProfile.RESEARCH_USE_ONLY, {"R09", "R15", "R25"}, False, {"research_use_only"}),
    ],
)
def test_each_profile_is_what_the_table_says(
    profile: RuleProfile, left_out: set[str], reviewer_may_release: bool, bases: set[str]
) -> None:
    found = PROFILES[profile]

    assert set(found.left_out) == left_out
    assert {basis.value for basis in found.bases} == bases
    assert found.reviewer_may_release is reviewer_may_release


@pytest.mark.parametrize("rule", CORE)
def test_no_profile_can_leave_out_a_core_rule(rule: str) -> None:
    with pytest.raises(ConfigurationError, match=f"leaves out the rule {rule}"):
        Profile(frozenset({rule}), reviewer_may_release=False, bases=frozenset(Basis))


def test_the_rules_on_results_holds_and_signing_are_core() -> None:
    assert {"R01", "R02", "R03", "R05", "R16", "R18", "R19", "R20", "HOLD", "R26"} <= set(CORE)
