"""The one way in which the build tells a user about a mistake."""

import difflib

# Lists up to this long are shown in full when no name is near.
_MAX_SHOWN = 12


class UserError(Exception):
    """A mistake in what the user wrote: a command line, a manifest, a SConscript.

    `where` is "file:line", a file or "command line"; `what` says what is wrong and what to do.
    SConstruct prints it as one line, without a traceback. Without `where`, `what` tells that, too.
    """

    def __init__(self, where, what):
        super().__init__(f"{where}: {what}" if where else what)
        self.where = where
        self.what = what


def hint(name, valid):
    """The end of a message about an unknown name: the nearest valid one, or all that there are."""
    valid = sorted(str(v) for v in valid)
    near = _nearest(str(name), valid, 0.5)
    if near:
        return f"; did you mean '{near}'?"
    if not valid:
        return "; there are none"
    if len(valid) <= _MAX_SHOWN:
        return "; valid: " + ", ".join(valid)
    return f"; did you mean '{_nearest(str(name), valid, 0.0)}'?"


def _nearest(name, valid, cutoff):
    """The valid name that is most like `name`, whatever its case, or None."""
    by_lower = {v.lower(): v for v in valid}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[near[0]] if near else None


def unknown(kind, name, valid):
    """The text about a name that does not exist: "unknown board 'x46'; did you mean 'x64'?"."""
    return f"unknown {kind} '{name}'" + hint(name, valid)
