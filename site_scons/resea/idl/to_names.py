"""Generates idl_names.h: the names of all messages, for programs that show them."""

from . import c_text as c
from .model import Model

_ABOUT = """\
The names of all messages, as a table of its own for whoever includes this. Interface and method are
those of MSG_INTERFACE and MSG_METHOD."""

_STRUCT = """\
struct idl_message_name {
    uint16_t interface;
    uint16_t method;
    const char *name;
};
"""


def generate_names(model: Model) -> str:
    items = "".join(f'    {{{interface.number}, {message.number}, "{message.full_name}"}},\n'
                    for interface in model.interfaces for message in interface.messages)
    # One message a line, whatever the style makes of tables.
    table = ("// clang-format off\n"
             f"static const struct idl_message_name idl_message_names[] = {{\n{items}}};\n"
             "// clang-format on\n")
    return c.file("__IDL_NAMES_H__", _ABOUT, ["types.h"], [_STRUCT, table])
