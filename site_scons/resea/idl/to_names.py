"""Generates idl_names.h: the names of all messages, for programs that show them."""

from . import c_text as c
from .model import Model

_ABOUT = """\
IDL_MESSAGE_NAMES(item): an item(interface, method, name) for each message, without a separator
between them. Interface and method are those of MSG_INTERFACE and MSG_METHOD."""


def generate_names(model: Model) -> str:
    items = [f'    item({interface.number}, {message.number}, "{message.full_name}")'
             for interface in model.interfaces for message in interface.messages]
    lines = ["#define IDL_MESSAGE_NAMES(item)", *items]
    width = max(len(line) for line in lines) + 1
    body = "".join(f"{line:<{width}}\\\n" for line in lines[:-1])
    return c.file("__IDL_NAMES_H__", _ABOUT, [], [f"{body}{lines[-1]}\n"])
