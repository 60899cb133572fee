"""Generates idl.h, the part of <message.h> that the IDL decides."""

from . import c_text as c
from .layout import layout
from .model import Alias, Const, Enum, Field, Interface, Message, Model, Payload

_ABOUT = """\
The messages of every interface: their numbers and fields. Included by <message.h>; uses nothing
but <types.h> and the MSG_* macros."""

_OOL_KINDS = {None: "MSG_OOL_NONE", "bytes": "MSG_OOL_BYTES", "str": "MSG_OOL_STR",
              "pages": "MSG_OOL_LOAN", "writable_pages": "MSG_OOL_LOAN_W"}


def generate_c(model: Model) -> str:
    parts = [_const(const) for const in model.consts]
    parts += [_enum(enum) for enum in model.enums]
    parts += [_alias(alias) for alias in model.aliases
              if not (alias.type.array or alias.type.is_ool)]
    parts += [_interface(interface) for interface in model.interfaces]
    parts.append(_union(model))
    return c.file("__IDL_H__", _ABOUT, [], parts)


def _scoped(namespace: str, name: str) -> str:
    return f"{namespace}_{name}" if namespace else name


def _const(const: Const) -> str:
    value = str(const.value)
    if const.value < 0:
        value = f"({value})"
    elif const.value > 0x7fffffffffffffff:
        value += "ull"
    return f"{c.doc(const.doc)}#define {_scoped(const.namespace, const.name).upper()} {value}\n"


def _enum(enum: Enum) -> str:
    items = "".join(f"{c.doc(item.doc, '    ')}    {c.enum_item(enum, item.name)} = {item.value},\n"
                    for item in enum.items)
    return f"{c.doc(enum.doc)}enum {c.enum_name(enum)} {{\n{items}}};\n"


def _alias(alias: Alias) -> str:
    field = Field(alias.name, alias.type, ())
    type_ = c.scalar_type(field)
    return f"{c.doc(alias.doc)}typedef {type_} {_scoped(alias.namespace, alias.name)}_t;\n"


def _interface(interface: Interface) -> str:
    number = f"#define IDL_INTERFACE_{interface.name.upper()} {interface.number}\n"
    messages = "\n".join(_message(interface, message) for message in interface.messages)
    return f"{c.banner(interface)}{number}\n{messages}"


def _message(interface: Interface, message: Message) -> str:
    about = [f"{message.full_name}: {message.kind}", *message.doc]
    text = "".join(f"// {line}".rstrip() + "\n" for line in about)
    payloads = c.payloads(message)
    text += "".join(_struct(message, payload, reply) for payload, reply in payloads)
    text += _numbers(interface, message)
    return text + "".join(_asserts(message, payload, reply) for payload, reply in payloads)


def _struct(message: Message, payload: Payload, reply: bool) -> str:
    if not payload.fields:
        return ""
    fields = "".join(_field(field) for field in payload.wire)
    return f"{c.struct(message, reply)} {{\n{fields}}};\n"


def _field(field: Field) -> str:
    about = field.doc
    if field.type.is_ool:
        about += (f"At most {field.type.bound} bytes.",) if field.type.bound else ()
        pointer = c.declare(field.type.base.c_type, field.name)
        return f"{c.doc(about, '    ')}    {pointer};\n    size_t {field.name}_len;\n"
    about += (f"One of enum {c.enum_name(field.type.enum)}.",) if field.type.enum else ()
    array = f"[{field.type.array}]" if field.type.array else ""
    return f"{c.doc(about, '    ')}    {c.declare(c.scalar_type(field), field.name)}{array};\n"


def _numbers(interface: Interface, message: Message) -> str:
    """The numbers one below the other; those that do not fit a line are broken."""
    pairs = [(c.number(message, reply), _number(interface, message, payload, reply))
             for payload, reply in c.payloads(message)]
    width = max(len(name) for name, _ in pairs)
    lines = [f"#define {name:<{width}} {value}\n" for name, value in pairs]
    if any(len(line) > c.WIDTH + 1 for line in lines):
        lines = [_define(name, value) for name, value in pairs]
    return "".join(lines)


def _define(name: str, value: str) -> str:
    fits = len(f"#define {name} {value}") <= c.WIDTH
    return f"#define {name} {value}\n" if fits else f"#define {name} \\\n    {value}\n"


def _number(interface: Interface, message: Message, payload: Payload, reply: bool) -> str:
    ool = _OOL_KINDS[payload.ool.type.base.name if payload.ool else None]
    size = f"sizeof({c.struct(message, reply)})" if payload.fields else "0"
    flag = "MSG_REPLY" if reply else "0"
    arguments = [str(interface.number), str(message.number), flag, ool, size]
    return f"MSG_TYPE({', '.join(arguments)})"


def _asserts(message: Message, payload: Payload, reply: bool) -> str:
    """A layout that is not what tools were told, or too big, must not get as far as a message."""
    if not payload.fields:
        return ""
    name = c.struct(message, reply)
    size = f"sizeof({name})"
    small, large = layout(payload, 4).size, layout(payload, 8).size
    expected = str(small) if small == large else f"(sizeof(size_t) == 8 ? {large} : {small})"
    what = f"{message.full_name}{' (reply)' if reply else ''}"
    return (_assert(f"{size} == {expected}", f"{what}: unexpected layout")
            + _assert(f"{size} <= MESSAGE_PAYLOAD_SIZE", f"{what}: too large for a message"))


def _assert(condition: str, text: str) -> str:
    line = f'_Static_assert({condition}, "{text}");\n'
    if len(line) <= c.WIDTH:
        return line
    return f'_Static_assert({condition},\n               "{text}");\n'


def _union(model: Model) -> str:
    members = [f"    {c.struct(message, reply)} {c.member(message, reply)};"
               for message in model.messages() for payload, reply in c.payloads(message)
               if payload.fields]
    lines = ["#define IDL_MESSAGE_FIELDS", *members]
    width = max(len(line) for line in lines) + 1
    body = "".join(f"{line:<{width}}\\\n" for line in lines[:-1])
    return f"// The members of the union in struct message.\n{body}{lines[-1]}\n"
