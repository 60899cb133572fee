"""`scons docs`: the book, by Sphinx. A warning (a dead reference, a page nobody links to) fails."""

import subprocess
import sys


def command(top):
    """Sphinx' command line. -n also reports references that lead nowhere."""
    return [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-b", "html",
            "-d", str(top / "build/docs/doctrees"), str(top / "docs"), str(top / "build/docs/html")]


def build(top):
    """Builds the book; returns the exit status."""
    status = subprocess.call(command(top), cwd=top)
    if status == 0:
        print(f"The book: {top / 'build/docs/html/index.html'}")
    return status
