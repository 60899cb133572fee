"""The library's calendar against Python's: every day of two of its periods of 400 years."""

from datetime import datetime, timedelta, timezone

from support import builds, native

LIBS = builds.TOP / "libs"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def compile_days(folder):
    """The library's sources with a main of this test's, and x64's half of <types.h>."""
    includes = [LIBS / "resea/include", LIBS / "common/include", builds.TOP / "arch/x64/include"]
    output = folder / "days"
    native.run("clang", "-std=gnu11", "-O2", "-Wall", "-Werror", "-fsanitize=undefined",
               "-fno-sanitize-recover", *(f"-I{path}" for path in includes), "-o", output,
               builds.TOP / "tests/datetime/days.c", LIBS / "resea/src/datetime.c",
               LIBS / "resea/src/datetime_text.c")
    return output


def test_every_day_from_1600_to_2399_is_python_s(tmp_path):
    days = compile_days(tmp_path)
    first = (datetime(1600, 1, 1, tzinfo=timezone.utc) - EPOCH).days
    count = (datetime(2399, 12, 31, tzinfo=timezone.utc) - EPOCH).days - first + 1
    lines = native.run(days, first, count).splitlines()
    assert len(lines) == count == 2 * 146097
    for day, line in enumerate(lines, first):
        second = day * 7919 % 86400
        expected = EPOCH + timedelta(days=day, seconds=second)
        assert line == f"{day * 86400 + second} {expected:%Y-%m-%d %H:%M:%S %w %j %A %B}"
