"""The one way in which the build tells a user about a mistake."""

import difflib

# Lists up to this long are shown in full when no name is near.
_MAX_SHOWN = 12


class UserError(Exception):
    """A mistake in what the user wrote: a command line, a manifest, a SConscript.

    `where` is "file:line", a file or "command line"; `what` says what is wrong and what to do.
    SConstruct prints it as one line, without a traceback.
    """

    def __init__(self, where, what):
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


def hint(name, valid):
    """The end of a message about an unknown name: the nearest valid one, or all that there are."""
    valid = sorted(str(v) for v in valid)
    near = difflib.get_close_matches(str(name), valid, n=1, cutoff=0.5)
    if near:
        return f"; did you mean '{near[0]}'?"
    if not valid:
        return "; there are none"
    if len(valid) <= _MAX_SHOWN:
        return "; valid: " + ", ".join(valid)
    near = difflib.get_close_matches(str(name), valid, n=1, cutoff=0.0)
    return f"; did you mean '{near[0]}'?"


def unknown(kind, name, valid):
    """The text about a name that does not exist: "unknown board 'x46'; did you mean 'x64'?"."""
    return f"unknown {kind} '{name}'" + hint(name, valid)
