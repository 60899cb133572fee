"""Names that the generated C can't use, and the ones that it has used already."""

from .errors import Diagnostics, Location
from .nodes import Name

C_KEYWORDS = frozenset("""
    alignas alignof asm auto bool break case char const constexpr continue default do double else
    enum extern false float for goto if inline int long nullptr register restrict return short
    signed sizeof static static_assert struct switch thread_local true typedef typeof union
    unsigned void volatile while
""".split())

# Members of struct message, which the message fields share a union with.
MESSAGE_MEMBERS = frozenset(("type", "src", "raw", "ool_ptr", "ool_len"))

# What <types.h> and its includes define with the ending that an alias gets.
C_TYPES = ("error_t", "msec_t", "ptrdiff_t", "max_align_t", "wchar_t", "uintptr_t", "intptr_t")


def check_name(name: Name, diagnostics: Diagnostics) -> None:
    if name.text in C_KEYWORDS:
        diagnostics.error(name.location, f"'{name.text}' is a keyword of C; choose another name,"
                                         f" such as '{name.text}_'")
    elif name.text.startswith("__"):
        diagnostics.error(name.location, f"'{name.text}' starts with '__', which is reserved;"
                                         " leave the underscores out")


class CNames:
    """The global identifiers of the generated C, each with who brought it."""

    def __init__(self, diagnostics: Diagnostics):
        self._diagnostics = diagnostics
        self._owners: dict[str, tuple[str, Location | None]] = {
            name: (f"{name} of <types.h>", None) for name in C_TYPES}

    def claim(self, identifier: str, owner: str, location: Location) -> None:
        if identifier not in self._owners:
            self._owners[identifier] = (owner, location)
            return
        other, where = self._owners[identifier]
        text = f"{owner} and {other} would both be {identifier} in C; rename one"
        if where and where.source is not location.source:
            text += f" (the other is at {where})"
        self._diagnostics.error(location, text)
