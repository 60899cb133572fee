"""A browser without a window, for pages that guests serve: Chromium."""

import os
import subprocess
import tempfile
from pathlib import Path

from resea.errors import UserError

PROGRAM = "chromium"
# Seconds until a browser that doesn't end is given up.
LIMIT = 300
SIZE = (1400, 1120)


def _run(url, seconds, *words):
    """Shows a page until so many seconds have passed on it. Its clock stands still while it waits
    for an answer, so that a slow machine shows the same as a fast one."""
    width, height = SIZE
    with tempfile.TemporaryDirectory() as profile:
        argv = [PROGRAM, "--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                f"--user-data-dir={profile}", f"--window-size={width},{height}",
                f"--virtual-time-budget={seconds * 1000}", *words, url]
        if os.geteuid() == 0:
            # Its sandbox doesn't work for root.
            argv.insert(1, "--no-sandbox")
        try:
            done = subprocess.run(argv, capture_output=True, timeout=LIMIT, check=False)
        except FileNotFoundError:
            raise UserError(PROGRAM, "isn't installed; ./bootstrap scons test does") from None
    if done.returncode != 0:
        raise UserError(PROGRAM, done.stderr.decode(errors="replace")[-2000:])
    return done.stdout.decode()


def dom(url, seconds):
    """What has become of a page, as HTML."""
    return _run(url, seconds, "--dump-dom")


def screenshot(url, path, seconds):
    """A picture of it; returns its path."""
    path = Path(path).resolve()
    _run(url, seconds, f"--screenshot={path}")
    return path
