"""Pieces of C that several generators share."""

from .model import GLOBAL, Enum, Field, Interface, Message, Payload

WIDTH = 100
GENERATED = "// Made by the IDL compiler from the .idl files: change those, not this.\n"


def file(guard: str, about: str, includes: list[str], parts: list[str]) -> str:
    """A header: the guard, what it is, its includes, and the parts with blank lines between."""
    lines = [f"{GENERATED}#ifndef {guard}\n#define {guard}\n", f"/// \\file\n{doc(about)}"]
    if includes:
        lines.append("".join(f"#include <{name}>\n" for name in includes))
    return "\n".join([*lines, *parts, "#endif\n"])


def doc(text, indent: str = "") -> str:
    """Documentation lines (a string or the lines of a `///` block) as a C comment."""
    lines = text.splitlines() if isinstance(text, str) else text
    return "".join(f"{indent}/// {line}".rstrip() + "\n" for line in lines)


def banner(interface: Interface) -> str:
    """The comment that opens an interface's part of a header."""
    lines = "".join(f"// {line}".rstrip() + "\n" for line in interface.doc)
    return f"// ---- {interface.name} ----\n{lines}"


def call(head: str, arguments: list[str], tail: str) -> str:
    """`head(arguments)tail`, broken before an argument where the line gets too long."""
    lines, current = [], f"{head}("
    indent = " " * len(current)
    for index, argument in enumerate(arguments):
        piece = argument + (", " if index + 1 < len(arguments) else f"){tail}")
        if len(current + piece.rstrip()) > WIDTH and current.strip() and current != indent:
            lines.append(current.rstrip())
            current = indent
        current += piece
    lines.append(current if arguments else f"{current}){tail}")
    return "\n".join(lines) + "\n"


def prefix(interface: Interface) -> str:
    """What the C names of an interface's own things begin with."""
    return GLOBAL if interface.name == GLOBAL else interface.name


def member(message: Message, reply: bool) -> str:
    """The member of struct message that holds a payload."""
    return message.c_name + ("_reply" if reply else "")


def number(message: Message, reply: bool) -> str:
    """The macro with the number of a message."""
    return f"{member(message, reply).upper()}_MSG"


def struct(message: Message, reply: bool) -> str:
    return f"struct {member(message, reply)}_fields"


def enum_name(enum: Enum) -> str:
    return f"{enum.namespace}_{enum.name}" if enum.namespace else enum.name


def enum_item(enum: Enum, item: str) -> str:
    return f"{enum_name(enum)}_{item}".upper()


def payloads(message: Message) -> list[tuple[Payload, bool]]:
    """The payloads of a message, each with whether it is the reply."""
    both = [(message.request, False)]
    return both + [(message.reply, True)] if message.reply is not None else both


def scalar_type(field: Field) -> str:
    """The C type of a field (or of an element of it) in a message. Enums have no fixed size in C,
    so they travel as int."""
    if field.type.alias:
        alias = field.type.alias
        return (f"{alias.namespace}_" if alias.namespace else "") + f"{alias.name}_t"
    return "int" if field.type.enum else field.type.base.c_type


def argument_type(field: Field) -> str:
    """The same for a function's parameter, where a single enum is an enum."""
    if field.type.enum and not field.type.alias:
        return f"enum {enum_name(field.type.enum)}"
    return scalar_type(field)


def declare(type_: str, name: str) -> str:
    return f"{type_}{name}" if type_.endswith("*") else f"{type_} {name}"
