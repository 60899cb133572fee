"""Fills the page interfaces.md with what the .idl files of the tree say."""

import placeholder
from placeholder import TOP

from resea import idl


def setup(app):
    """Called by Sphinx."""
    return placeholder.fill(app, "interfaces", "<!-- interfaces -->", idl_files,
                            lambda: markdown(idl.compile_files(idl_files(),
                                                               lock=TOP / "idl/ordinals.lock")))


def idl_files():
    """The interfaces of the tree."""
    return sorted((TOP / "idl").glob("*.idl"))


def markdown(model):
    """All interfaces, in the order of their numbers."""
    return "\n".join(line for interface in model.interfaces for line in section(interface, model))


def section(interface, model):
    """One interface: its consts and enums, then its messages."""
    yield f"## {interface.name}\n"
    yield f"{text(interface.doc)} Interface {interface.number}.\n"
    namespace = "" if interface.number == 0 else interface.name
    for const in model.consts:
        if const.namespace == namespace:
            value = f"{const.type.spelling} = {const.value}"
            yield f"`const {const.name}: {value}`: {text(const.doc)}\n"
    for enum in model.enums:
        if enum.namespace == namespace:
            yield from enumeration(enum)
    for message in interface.messages:
        yield from description(message)


def enumeration(enum):
    """An enum and its items."""
    yield f"`enum {enum.name}`: {text(enum.doc)}\n"
    yield "| item | number | meaning |\n| --- | --- | --- |"
    for item in enum.items:
        yield f"| `{item.name}` | {item.value} | {cell(item.doc)} |"
    yield ""


def description(message):
    """A message and those of its fields that have something said about them."""
    yield f"### {message.full_name}\n"
    yield f"```text\n{signature(message)}\n```\n"
    yield f"{text(message.doc)}\n"
    fields = message.request.fields + (message.reply.fields if message.reply else ())
    for field in fields:
        if field.doc:
            yield f"* `{field.name}`: {text(field.doc)}"
    yield ""


def signature(message):
    """The message as an .idl file has it."""
    def fields(payload):
        return "(" + ", ".join(f"{f.name}: {f.type.spelling}" for f in payload.fields) + ")"

    reply = f" -> {fields(message.reply)}" if message.reply is not None else ""
    return f"{message.kind} {message.name}{fields(message.request)}{reply};"


def text(doc):
    """Documentation lines as one paragraph, with nothing that Markdown would take for markup."""
    return " ".join(doc).replace("<", "\\<").replace("*", "\\*")


def cell(doc):
    """The same, within a table."""
    return text(doc).replace("|", "\\|")
