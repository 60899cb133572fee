"""The date on a PC: its clock, the server, and `date`, against what QEMU was told."""

import re
from datetime import datetime, timedelta

import pytest

from support.commands import outputs


def seconds_between(base, text):
    """How long after `base` an ISO 8601 date is."""
    found = datetime.strptime(re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)[0],
                              "%Y-%m-%dT%H:%M:%SZ")
    return (found - base) / timedelta(seconds=1)


# QEMU counts the seconds of `base` with 32 bits: after 2038 it shows another year.
@pytest.mark.parametrize("machine, base", [
    ("pc", "1970-01-02T03:04:05"), ("pc", "1999-12-31T23:59:59"), ("q35", "2024-02-28T23:59:58"),
    ("pc", "2026-11-28T12:00:00"), ("q35", "2037-12-31T23:59:58")])
def test_the_machine_s_clock_is_read(machines, machine, base):
    text, = outputs(machines, ["date -I"], extra=("-machine", machine, "-rtc", f"base={base}"))
    # A minute for a busy machine.
    assert 0 <= seconds_between(datetime.fromisoformat(base), text) < 60


def test_date_prints_and_sets(machines):
    texts = outputs(machines, ["date", "date +%A,_%d.%m.%y", "date -R",
                               "date -s '2031-02-03 04:05:06'", "date -I", "date -s @1",
                               "date +%Y"], extra=("-rtc", "base=2024-02-29T12:00:00"))
    assert re.match(r"Thu Feb 29 12:0\d:\d\d UTC 2024", texts[0])
    assert texts[1].startswith("Thursday,_29.02.24")
    assert re.match(r"Thu, 29 Feb 2024 12:0\d:\d\d GMT", texts[2])
    assert re.match(r"Mon Feb  3 04:05:\d\d UTC 2031", texts[3])
    assert 0 <= seconds_between(datetime(2031, 2, 3, 4, 5, 6), texts[4]) < 60
    assert texts[5].startswith("Thu Jan  1 00:00:") and texts[6].startswith("1970")


def test_date_refuses_what_is_none(machines):
    texts = outputs(machines, ["date -s 2023-02-29", "date nonsense", "date -s @x",
                               "date -s @253402300800", "date -s 1969-12-31", "date +%F"],
                    succeeds=False, extra=("-rtc", "base=2024-02-29T12:00:00"))
    assert texts[1].startswith("usage: date")
    for text in (texts[0], *texts[2:5]):
        assert "is no date like" in text
    assert texts[5].startswith("2024-02-29")
