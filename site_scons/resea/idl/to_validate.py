"""Generates idl_validate.h: is a received message one that the IDL allows?"""

from . import c_text as c
from .model import Enum, Field, Interface, Message, Model, Payload

_ABOUT = """\
Checks of what came from another task. The type of a message tells its length and whether it has an
out-of-line payload, and both were enforced by whoever delivered it; what is left to check are the
contents: greatest lengths, that a str is one string, enums and bools. idl_client.h and idl_server.h
do it before anybody sees the message."""

_HELPERS = """\
/// Frees the out-of-line payload of a received message, if it has one.
static inline void idl_discard(struct message *m) {
    if (m->type > 0 && (m->type & MSG_OOL)) {
        free(m->ool_ptr);
        m->ool_ptr = NULL;
    }
}

/// Is the payload of this message one string: terminated, without another NUL within?
static inline bool idl_is_str(const struct message *m) {
    return m->ool_ptr && m->ool_len > 0 && strlen(m->ool_ptr) + 1 == m->ool_len;
}

/// Reading anything but 0 or 1 as a bool is undefined, so they are looked at as bytes.
static inline bool idl_are_bools(const void *fields, size_t count) {
    const uint8_t *bytes = fields;
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] > 1) {
            return false;
        }
    }
    return true;
}
"""

_VALIDATE_DOC = """\
Is this message of a known type, and are its contents as the IDL says? An error (a negative type) is
no message."""


def generate_validate(model: Model) -> str:
    parts = [_HELPERS]
    parts += [_enum(enum) for enum in model.enums]
    parts += [_check(message, payload, reply) for message in model.messages()
              for payload, reply in c.payloads(message) if needs_check(payload)]
    parts += [_interface(interface) for interface in model.interfaces]
    parts.append(_validate(model))
    includes = ["message.h", "resea/malloc.h", "string.h", "types.h"]
    return c.file("__IDL_VALIDATE_H__", _ABOUT, includes, parts)


def needs_check(payload: Payload) -> bool:
    return any(_conditions(field, "") for field in payload.fields)


def check_name(message: Message, reply: bool) -> str:
    return f"idl_check_{c.member(message, reply)}"


def _enum(enum: Enum) -> str:
    cases = "".join(f"    case {c.enum_item(enum, item.name)}:\n" for item in enum.items)
    return (f"/// Is this one of the items of enum {c.enum_name(enum)}?\n"
            f"static inline bool idl_is_{c.enum_name(enum)}(int value) {{\n"
            f"    switch (value) {{\n{cases}        return true;\n"
            f"    default:\n        return false;\n    }}\n}}\n")


def _check(message: Message, payload: Payload, reply: bool) -> str:
    what = f"the reply of {message.full_name}" if reply else message.full_name
    head = (f"/// OK, ERR_TOO_LARGE or ERR_INVALID_ARG: the contents of {what}.\n"
            f"static inline error_t {check_name(message, reply)}(const struct message *m) {{\n")
    body = "".join(_condition_code(condition, error) for field in payload.fields
                   for condition, error in _conditions(field, c.member(message, reply)))
    return f"{head}{body}    return OK;\n}}\n"


def _condition_code(condition: str, error: str) -> str:
    """`condition` is what must not be; one that starts with "for" is a loop over it."""
    loop, separator, inner = condition.partition("\n")
    if not separator:
        return f"    if ({condition}) {{\n        return {error};\n    }}\n"
    return (f"    {loop} {{\n        if ({inner}) {{\n            return {error};\n        }}\n"
            "    }\n")


def _conditions(field: Field, member: str) -> list[tuple[str, str]]:
    access = f"m->{member}.{field.name}"
    if field.type.is_ool:
        return _ool_conditions(field)
    if field.type.is_bool:
        # The address of an array or of a single one: its size counts bools.
        return [(f"!idl_are_bools(&{access}, sizeof({access}))", "ERR_INVALID_ARG")]
    if field.type.enum:
        check = f"!idl_is_{c.enum_name(field.type.enum)}"
        if field.type.array:
            loop = f"for (int i = 0; i < {field.type.array}; i++)"
            return [(f"{loop}\n{check}({access}[i])", "ERR_INVALID_ARG")]
        return [(f"{check}({access})", "ERR_INVALID_ARG")]
    return []


def _ool_conditions(field: Field) -> list[tuple[str, str]]:
    is_str, bound = field.type.base.name == "str", field.type.bound
    conditions = []
    if bound:
        limit = f"{bound} + 1" if is_str else str(bound)
        conditions.append((f"m->ool_len > {limit}", "ERR_TOO_LARGE"))
    if is_str:
        conditions.append(("!idl_is_str(m)", "ERR_INVALID_ARG"))
    return conditions


def _interface(interface: Interface) -> str:
    plain, checked = [], []
    for message in interface.messages:
        for payload, reply in c.payloads(message):
            (checked if needs_check(payload) else plain).append((message, reply))
    cases = "".join(f"    case {c.number(message, reply)}:\n" for message, reply in plain)
    cases += "        return true;\n" if plain else ""
    cases += "".join(f"    case {c.number(message, reply)}:\n        return"
                     f" {check_name(message, reply)}(m) == OK;\n" for message, reply in checked)
    return (f"/// idl_validate for the messages of {interface.name}.\n"
            f"static inline bool idl_validate_{c.prefix(interface)}(const struct message *m) {{\n"
            f"    switch (m->type) {{\n{cases}    default:\n        return false;\n"
            "    }\n}\n")


def _validate(model: Model) -> str:
    cases = "".join(f"    case IDL_INTERFACE_{interface.name.upper()}:\n        return"
                    f" idl_validate_{c.prefix(interface)}(m);\n" for interface in model.interfaces)
    return (c.doc(_VALIDATE_DOC)
            + "static inline bool idl_validate(const struct message *m) {\n"
              "    if (m->type < 0) {\n        return false;\n    }\n"
              f"    switch (MSG_INTERFACE(m->type)) {{\n{cases}"
              "    default:\n        return false;\n    }\n}\n")
