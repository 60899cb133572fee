"""Generates the JSON that tracers and fuzzers read: every message with its numbers and layout.

`"32"` and `"64"` are machine word sizes in bits. `type` is the number in struct message, offsets
count from the start of the payload, which begins 8 bytes into the message.
"""

import json

from .layout import WORDS, layout, message_type
from .model import Enum, Field, Interface, Message, Model, Payload

FORMAT = 1


def generate_json(model: Model) -> str:
    document = {
        "format": FORMAT,
        "payload_offset": 8,
        "consts": [{"name": const.name, "namespace": const.namespace, "value": const.value}
                   for const in model.consts],
        "enums": [_enum(enum) for enum in model.enums],
        "interfaces": [_interface(interface) for interface in model.interfaces],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _enum(enum: Enum) -> dict:
    return {"name": enum.name, "namespace": enum.namespace,
            "items": {item.name: item.value for item in enum.items}}


def _interface(interface: Interface) -> dict:
    return {
        "name": interface.name,
        "number": interface.number,
        "external": interface.external,
        "doc": "\n".join(interface.doc),
        "messages": [_message(interface, message) for message in interface.messages],
    }


def _message(interface: Interface, message: Message) -> dict:
    reply = message.reply
    return {
        "name": message.full_name,
        "number": message.number,
        "kind": "oneway" if reply is None else "rpc",
        "async": message.is_async,
        "doc": "\n".join(message.doc),
        "request": _payload(interface, message, message.request, False),
        "reply": None if reply is None else _payload(interface, message, reply, True),
    }


def _payload(interface: Interface, message: Message, payload: Payload, reply: bool) -> dict:
    c_name = f"{message.c_name}{'_reply' if reply else ''}".upper()
    layouts = {word: layout(payload, word) for word in WORDS}
    fields = []
    for index, field in enumerate(payload.wire):
        slots = {str(word * 8): layouts[word].slots[index] for word in WORDS}
        fields.append({
            **_field(field),
            "offset": {bits: slot.offset for bits, slot in slots.items()},
            "size": {bits: slot.size for bits, slot in slots.items()},
        })
    return {
        "c_name": f"{c_name}_MSG",
        "type": {str(word * 8): message_type(interface.number, message.number, reply, payload, word)
                 for word in WORDS},
        "size": {str(word * 8): layouts[word].size for word in WORDS},
        "ool": payload.ool.type.base.name if payload.ool else None,
        "fields": fields,
    }


def _field(field: Field) -> dict:
    enum = field.type.enum
    return {
        "name": field.name,
        "type": field.type.spelling,
        "base": "enum" if enum else field.type.base.name,
        "enum": enum.name if enum else None,
        "array": field.type.array,
        "bound": field.type.bound,
        "doc": "\n".join(field.doc),
    }
