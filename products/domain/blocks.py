"""The reasons against release that this system knows: their codes, rules and sources.

A code never changes: filters, clients and auditors use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from products.domain.facts import LotFacts


@dataclass(frozen=True, slots=True)
class Block:
    """One reason against release.

    ``record`` names what it is about, ``source`` the text it rests on, ``clears`` what to do.
    """

    rule: str
    code: str
    message: str
    record: str
    source: str
    clears: str


@dataclass(frozen=True, slots=True)
class BlockCode:
    rule: str
    title: str
    clears: str


_REPEAT = (
    "Have the run set aside by the signed conclusion of an investigation and repeat the test, or "
    "reject the lot."
)
_FAILED = (
    "Conclude its investigation: only a signed conclusion that names a cause unrelated to the "
    "product sets the result aside. Otherwise reject the lot."
)
_OTHER_SIGNER = "Have the release signed by a person of the quality unit who had no such part."

BLOCK_CODES: Mapping[str, BlockCode] = {
    "source_missing": BlockCode(
        "R09",
        "No tissue source",
        "Register the tissue source and the lot with it.",
    ),
    "donor_undetermined": BlockCode(
        "R09",
        "Donor eligibility not determined",
        "Record the determination of the donor's eligibility and have it signed.",
    ),
    "donor_ineligible": BlockCode(
        "R09",
        "Donor ineligible",
        "Nothing clears this for the lot as it is: reject the lot.",
    ),
    "determination_incomplete": BlockCode(
        "R09",
        "Donor determination incomplete",
        "Record a new version of the determination that is complete and have it signed.",
    ),
    "parent_not_usable": BlockCode(
        "R13",
        "Parent lot not usable",
        "Have the hold on the parent lot lifted. When the parent is rejected, recalled or void, "
        "nothing clears this: reject the lot.",
    ),
    "specification_empty": BlockCode(
        "R01",
        "Specification requires nothing",
        "Approve a specification version that requires at least one test.",
    ),
    "result_missing": BlockCode(
        "R01",
        "Required result missing",
        "Submit a release run of the method on a sample of the right stage and have it reviewed.",
    ),
    "result_pending": BlockCode(
        "R01",
        "Required result not submitted",
        "Complete the readings and submit the run.",
    ),
    "result_interim": BlockCode(
        "R01",
        "Required result not final",
        "Take the last readings when the test has run its full time and submit the run again.",
    ),
    "result_invalid": BlockCode(
        "R01",
        "Required test invalid",
        "Repeat the test: open a run of purpose repeat that names the invalid run.",
    ),
    "method_not_approved": BlockCode(
        "R01",
        "Method not in force",
        "Have the run set aside by the signed conclusion of an investigation and repeat the test "
        "by a method version in force, or reject the lot.",
    ),
    "result_ambiguous": BlockCode(
        "R01",
        "More than one result",
        "Conclude the investigations, so that exactly one result remains for the criterion.",
    ),
    "inherited_missing": BlockCode(
        "R01",
        "Result of the parent lot missing",
        "Submit a release run of the method on the parent lot, on a sample of the right stage, and "
        "have it reviewed.",
    ),
    "wrong_stage": BlockCode(
        "R04",
        "Sample of the wrong stage",
        "Have the run set aside by the signed conclusion of an investigation and test a sample of "
        "the stage that the criterion names, or reject the lot.",
    ),
    "incubation_incomplete": BlockCode(
        "R05",
        "Incubation not complete",
        "Read every vessel once the incubation is over and submit the run again.",
    ),
    "growth_promotion_missing": BlockCode(
        "R05",
        "Growth promotion not shown",
        "Record the passed growth promotion test of the media lots: document, date, signer.",
    ),
    "suitability_missing": BlockCode(
        "R05",
        "Method suitability not shown",
        "Record the passed method suitability study for this product: document, date, signer.",
    ),
    "endotoxin_unproven": BlockCode(
        "R07",
        "Endotoxin test not shown to be valid",
        "Repeat the test by a method version with an endotoxin formula; for an outside run, "
        "record the laboratory's report with its statement that the controls were acceptable.",
    ),
    "instrument_not_calibrated": BlockCode(
        "R14",
        "Instrument not calibrated",
        "Record the passed calibration that covers the day. If there is none, have the run set "
        "aside by the signed conclusion of an investigation and repeat the test.",
    ),
    "reagent_expired": BlockCode("R14", "Reagent expired", _REPEAT),
    "reagent_recalled": BlockCode("R14", "Reagent recalled", _REPEAT),
    "reagent_unrecorded": BlockCode("R14", "Reagent lot not recorded", _REPEAT),
    "analyst_untrained": BlockCode(
        "R15",
        "Analyst not trained",
        "Record the training that covers the day and have it signed. If there is none, have the "
        "run set aside by the signed conclusion of an investigation and repeat the test.",
    ),
    "laboratory_not_qualified": BlockCode(
        "R15",
        "Laboratory not qualified",
        "Record the qualification that covers the day and have it signed. If there is none, have "
        "the run set aside by the signed conclusion of an investigation and repeat the test.",
    ),
    "result_fails": BlockCode("R02", "Result outside its limit", _FAILED),
    "result_not_comparable": BlockCode(
        "R02",
        "Result not comparable with its limit",
        _REPEAT,
    ),
    "result_indeterminate": BlockCode("R02", "Result decides nothing", _REPEAT),
    "specification_not_in_force": BlockCode(
        "R19",
        "Specification not in force",
        "Nothing clears this for the lot as it is: its specification version must be approved "
        "and in effect before the first test.",
    ),
    "specification_after_data": BlockCode(
        "R19",
        "Specification approved after the first result",
        "Have quality change the specification of the lot under a signed justification; the "
        "verdicts under the earlier version stay and count.",
    ),
    "unresolved_fail": BlockCode("R03", "Failing result not resolved", _FAILED),
    "correction_pending": BlockCode(
        "R03",
        "Amendment waits for its second signature",
        "Have a second person confirm or refuse the amendment against the source evidence.",
    ),
    "review_missing": BlockCode(
        "R16",
        "Review missing",
        "Have the run reviewed and signed by a person who recorded none of its data.",
    ),
    "self_review": BlockCode(
        "R16",
        "Reviewed by its own recorder",
        "Have the run reviewed and signed by a person who recorded none of its data.",
    ),
    "transcription_unconfirmed": BlockCode(
        "R16",
        "Transcription not compared with its source",
        "Return the run, submit it again and have it reviewed against the report or the scan.",
    ),
    "paper_unverified": BlockCode(
        "R16",
        "Transcription from paper not verified",
        "Have a second person verify the transcription against the scan and sign. What is dated "
        "on or after the go-live date of the site is recorded here and not transcribed.",
    ),
    "expired": BlockCode(
        "R20",
        "Expired",
        "Nothing clears this: an expired lot can no longer be released.",
    ),
    "expiry_unknown": BlockCode(
        "R20",
        "Expiry unknown",
        "Record the expiry, or have the stability study that stands in its place signed.",
    ),
    "investigation_open": BlockCode(
        "R18",
        "Investigation open",
        "Conclude the investigation under signature.",
    ),
    "hold_open": BlockCode(
        "HOLD",
        "On hold",
        "Have the hold lifted by the quality unit once its cause is settled.",
    ),
    "official_hold_open": BlockCode(
        "R25",
        "Held for an authority",
        "Have the quality unit lift the hold with the reference of the authority's answer.",
    ),
    "changed_after_release": BlockCode(
        "R29",
        "Changed since the release",
        "Have quality acknowledge the changes under signature and lift the hold, or recall the "
        "lot.",
    ),
    "signer_recorded": BlockCode("R26", "Signer recorded results of the lot", _OTHER_SIGNER),
    "signer_reviewed": BlockCode("R26", "Signer reviewed results of the lot", _OTHER_SIGNER),
    "signer_made_lot": BlockCode("R26", "Signer made the lot", _OTHER_SIGNER),
}

GRAVEST_FIRST: tuple[str, ...] = (
    "official_hold_open",
    "hold_open",
    "changed_after_release",
    "expired",
    "donor_ineligible",
    "parent_not_usable",
    "result_fails",
    "unresolved_fail",
    "reagent_recalled",
    "correction_pending",
    "investigation_open",
)
"""What people have to know first where only one reason is shown; the rest follow by rule."""

FAIL_CLOSED_CODES: Mapping[str, str] = {
    "specification_empty": "A specification without a required criterion cannot be approved, and "
    "a lot is registered with an approved one only.",
    "result_ambiguous": "A second run for a criterion is refused while an earlier one is valid.",
    "specification_not_in_force": "A lot is registered only with a version that is approved and "
    "in effect.",
    "specification_after_data": "A lot is registered only with an approved version, and is bound "
    "to another one only under a signed justification.",
    "self_review": "A review by a person who recorded data of the run is refused.",
}
"""Why no action leads to these codes; they are kept for data that came in by another way."""

_PART_211 = "Site policy; 21 CFR 211.192 where part 211 applies"
_LICENSED = "licensed"
_SOURCES: Mapping[str, str] = {
    "R09": "21 CFR 1271.45(c) and 1271.60 where part 1271 applies; site policy",
    "R13": "Site policy; 21 CFR 211.84 and 211.110 where part 211 applies",
    "R05": "Site policy, following USP <71>",
    "R07": "Site policy, following USP <85>",
    "R14": "Site policy; 21 CFR 211.160(b)(4) and 211.194 where part 211 applies",
    "R15": "Site policy; 21 CFR 211.25(a) where part 211 applies",
    "R19": "Site policy: limits are approved before results are known",
    "R16": "Site policy: a second person checks every result",
    "R20": "Site policy: a lot is used up to the end of its last day",
    "HOLD": "Site policy: a lot on hold does not move",
    "R25": "Site policy: a lot waits for the answer of an authority that asked about it",
    "R29": "Site policy: what was signed and then changed is looked at again",
    "R26": "Site policy: quality decides independently; signature: 21 CFR 11.200",
}
_SOURCES_LICENSED: Mapping[str, str] = {
    "R01": "21 CFR 610.1",
    "R04": "21 CFR 610.1",
    "R03": "21 CFR 610.1",
    "R05": "21 CFR 610.12; USP <71>",
    "R25": "21 CFR 610.2",
}


def source_of(rule: str, basis: str) -> str:
    """The text that ``rule`` rests on for a product of ``basis``.

    21 CFR part 610 binds licensed products only; no other basis is told that it does.
    """
    if basis == _LICENSED and rule in _SOURCES_LICENSED:
        return _SOURCES_LICENSED[rule]
    return _SOURCES.get(rule, _PART_211)


def make_block(lot: LotFacts, code: str, message: str, record: str, clears: str = "") -> Block:
    """The block of ``code`` on ``lot``; ``clears`` where more exact than what its code says."""
    kind = BLOCK_CODES[code]
    source = source_of(kind.rule, lot.basis)
    return Block(kind.rule, code, message, record, source, clears or kind.clears)


def sentence(text: str) -> str:
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def gravity(code: str) -> int:
    """Sorts reasons for a place that shows only the first: the gravest is the least."""
    if code in GRAVEST_FIRST:
        return GRAVEST_FIRST.index(code)
    return len(GRAVEST_FIRST)
