"""Where a C compiler puts the fields of a message, for machine words of 4 and of 8 bytes.

The generated header asserts these numbers, so that tools that read them from the JSON can rely on
them.
"""

from dataclasses import dataclass

from .model import OOL_KINDS, Field, Payload

# Bytes of payload in the largest message of a machine: MESSAGE_SIZE less type and src.
PAYLOAD_MAX = {4: 64 - 8, 8: 256 - 8}
WORDS = (4, 8)


@dataclass(frozen=True)
class Slot:
    field: Field
    offset: int
    size: int


@dataclass(frozen=True)
class Layout:
    slots: tuple[Slot, ...]
    size: int


def layout(payload: Payload, word: int) -> Layout:
    slots, offset, struct_align = [], 0, 1
    for field in payload.wire:
        size, align = _size_and_align(field, word)
        offset = _align_up(offset, align)
        slots.append(Slot(field, offset, size))
        offset += size
        struct_align = max(struct_align, align)
    return Layout(tuple(slots), _align_up(offset, struct_align))


def length_class(payload: Payload, word: int) -> int:
    return _align_up(layout(payload, word).size, word) // word


def message_type(interface: int, method: int, reply: bool, payload: Payload, word: int) -> int:
    """The number that MSG_TYPE of <message.h> makes."""
    kind = OOL_KINDS[payload.ool.type.base.name if payload.ool else None]
    return (kind << 24 | length_class(payload, word) << 19 | interface << 9 | int(reply) << 8
            | method)


def _size_and_align(field: Field, word: int) -> tuple[int, int]:
    if field.type.is_ool:
        return 2 * word, word
    size = field.type.base.size(word)
    return size * (field.type.array or 1), size


def _align_up(value: int, align: int) -> int:
    return (value + align - 1) // align * align
