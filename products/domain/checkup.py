"""What a check of an installation finds, and where green ends: functions of ages and counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

DAY = timedelta(days=1)
# Sealing, judging and two machines' clocks are seconds behind where all is well.
SEALED_WITHIN = timedelta(minutes=5)
JUDGED_WITHIN = timedelta(minutes=1)
JUDGED_AT_LATEST = timedelta(minutes=15)
CLOCK_CLOSE = timedelta(seconds=5)
CLOCK_AT_MOST = timedelta(minutes=1)
BACKUP_EVERY = timedelta(hours=26)
BACKUP_AT_LATEST = timedelta(days=7)
SHOWN = 5


class Level(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Finding:
    """``said`` is what was found; ``remedy`` what to do, empty when nothing is."""

    level: Level
    said: str
    remedy: str = ""


def worst(findings: list[Finding]) -> Level:
    levels = [finding.level for finding in findings]
    return max(levels, key=list(Level).index, default=Level.GREEN)


def all_is_well(said: str) -> Finding:
    return Finding(Level.GREEN, said)


def faults_found(faults: list[str], well: str, remedy: str) -> Finding:
    """Red with the first faults, or green with what was looked at."""
    if not faults:
        return all_is_well(well)
    more = len(faults) - SHOWN
    shown = "; ".join(fault.rstrip(".") for fault in faults[:SHOWN]) + (
        f"; and {more} more" if more > 0 else ""
    )
    return Finding(Level.RED, f"{shown}.", remedy)


def checkpoint_found(age: timedelta | None, uncovered: int, waiting: timedelta) -> Finding:
    """The last checkpoint against the entries that it does not cover.

    ``age`` is None when there was never one; ``waiting`` is how long the oldest uncovered entry
    has been there. Red after a day: whoever holds the key could rewrite that day unseen. A
    checkpoint that covers everything ages no further.
    """
    remedy = "Start `seal --follow`, look at its log, and copy the checkpoint off this machine."
    if not uncovered:
        said = "No entry was ever written." if age is None else "It covers every entry."
        return all_is_well(said)
    if age is None:
        level = Level.RED if waiting > DAY else Level.YELLOW
        return Finding(level, f"There is none, and {uncovered} entries wait for one.", remedy)
    said = f"It is {in_words(age)} old and does not cover {uncovered} entries."
    if age > DAY:
        return Finding(Level.RED, said, remedy)
    if waiting > SEALED_WITHIN:
        return Finding(Level.YELLOW, said, remedy)
    return all_is_well(said)


def queue_found(count: int, waiting: timedelta) -> Finding:
    """Entries that are not in the tree yet, and how long the oldest has been waiting."""
    if not count:
        return all_is_well("No entry waits to be sealed.")
    said = f"{count} entries wait to be sealed, the oldest for {in_words(waiting)}."
    remedy = "Start `seal --follow` and look at its log."
    if waiting > DAY:
        return Finding(Level.RED, said, remedy)
    return Finding(Level.YELLOW, said, remedy) if waiting > SEALED_WITHIN else all_is_well(said)


def judging_found(late: timedelta, lot: str) -> Finding:
    """``late`` is how long ``lot`` has been due, zero when none is. What people see is right."""
    if late <= JUDGED_WITHIN:
        return all_is_well("No lot is overdue.")
    level = Level.RED if late > JUDGED_AT_LATEST else Level.YELLOW
    return Finding(
        level,
        f"Lot {lot} has been due for judging for {in_words(late)}.",
        "Start `judge --follow` and look at its log.",
    )


def clock_found(difference: timedelta) -> Finding:
    """The clock here less the database's. Actions refuse more than a minute."""
    far = abs(difference)
    if far <= CLOCK_CLOSE:
        return all_is_well("It agrees with the database's.")
    ahead = "ahead of" if difference > timedelta() else "behind"
    return Finding(
        Level.RED if far > CLOCK_AT_MOST else Level.YELLOW,
        f"It is {in_words(far)} {ahead} the database's.",
        "Have both machines keep time by NTP.",
    )


def backup_found(age: timedelta | None, installed: timedelta, *, is_demo: bool) -> Finding:
    """The last backup that `backup` recorded; ``installed`` is how long there are records."""
    if is_demo:
        return all_is_well("A demonstration needs none.")
    remedy = "Run `backup` daily, keep the files on another machine, and practise the restore."
    since, what = (
        (installed, "There is none")
        if age is None
        else (age, f"The last was made {in_words(age)} ago")
    )
    if since > BACKUP_AT_LATEST:
        return Finding(Level.RED, f"{what}.", remedy)
    if age is None or since > BACKUP_EVERY:
        return Finding(Level.YELLOW, f"{what}.", remedy)
    return all_is_well(f"{what}.")


def review_found(late: timedelta, every: timedelta, remedy: str) -> Finding:
    """A periodic review that is due every ``every``; ``late`` is negative before that.

    Never red: a review that nobody held is the site's finding, and no reason to stop the server.
    """
    if late <= timedelta():
        return all_is_well(f"The next is due in {in_words(-late)}.")
    return Finding(
        Level.YELLOW, f"It is due every {every.days} d, and is {in_words(late)} overdue.", remedy
    )


def factors_found(unread: list[str], without: list[str], accounts: int) -> Finding:
    """``unread`` are apps whose secret no key opens, ``without`` signers who need one and lack it.

    ``accounts`` is how many have a second factor.
    """
    if unread:
        return faults_found(
            [f"no key opens the secret of {name}" for name in unread],
            "",
            "Restore FACTOR_KEY: until then these people sign in by a recovery code or passkey, "
            "and sign nothing by their app.",
        )
    if without:
        names = ", ".join(without[:SHOWN]) + (", ..." if len(without) > SHOWN else "")
        return Finding(
            Level.YELLOW,
            f"{len(without)} account(s) whose role signs have none and sign nothing: {names}.",
            "Have them enrol one, on the page Your second factor.",
        )
    return all_is_well(f"{accounts} account(s) have one.")


def in_words(span: timedelta) -> str:
    """The two largest units: `2 d 3 h`, `4 h 5 min`, `6 min 7 s`, `8 s`."""
    seconds = int(span.total_seconds())
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for unit, length in units:
        count, seconds = divmod(seconds, length)
        if count or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
