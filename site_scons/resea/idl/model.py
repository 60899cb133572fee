"""What a set of correct IDL files says: names resolved, numbers given. All that generators read."""

from dataclasses import dataclass, field

OOL_BYTES = "bytes"
OOL_STR = "str"
PAGES = "pages"
WRITABLE_PAGES = "writable_pages"
# What a message has a pointer and a length of, by the kind that its number tells: see <message.h>.
OOL_KINDS = {None: 0, OOL_BYTES: 1, OOL_STR: 2, PAGES: 4, WRITABLE_PAGES: 8}


@dataclass(frozen=True)
class Builtin:
    """A type of the language. Sizes are bytes where a machine word has 4 and 8."""

    name: str
    c_type: str
    size32: int
    size64: int
    minimum: int | None = None  # None: no const can have this type
    maximum: int | None = None

    @property
    def is_ool(self) -> bool:
        return self.name in OOL_KINDS

    @property
    def is_lent(self) -> bool:
        return self.name in (PAGES, WRITABLE_PAGES)

    def size(self, word: int) -> int:
        return self.size32 if word == 4 else self.size64


def _int(name: str, c_type: str, size: int, signed: bool) -> Builtin:
    bits = size * 8
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    return Builtin(name, c_type, size, size, low, high)


def _word(name: str, c_type: str) -> Builtin:
    """Values must fit everywhere: 32 bits."""
    return Builtin(name, c_type, 4, 8, 0, (1 << 32) - 1)


BUILTINS = {
    builtin.name: builtin
    for builtin in (
        *(_int(f"uint{n}", f"uint{n}_t", n // 8, False) for n in (8, 16, 32, 64)),
        *(_int(f"int{n}", f"int{n}_t", n // 8, True) for n in (8, 16, 32, 64)),
        _int("int", "int", 4, True),
        _int("uint", "unsigned", 4, False),
        _int("task", "task_t", 4, True),
        _int("handle", "handle_t", 4, True),
        _int("notifications", "notifications_t", 4, False),
        Builtin("bool", "bool", 1, 1),
        Builtin("char", "char", 1, 1),
        _word("size", "size_t"),
        _word("offset", "offset_t"),
        _word("vaddr", "vaddr_t"),
        _word("paddr", "paddr_t"),
        Builtin(OOL_BYTES, "const void *", 4, 8),
        Builtin(OOL_STR, "const char *", 4, 8),
        Builtin(PAGES, "const void *", 4, 8),
        Builtin(WRITABLE_PAGES, "void *", 4, 8),
    )
}


@dataclass(frozen=True)
class EnumItem:
    name: str
    value: int
    doc: tuple[str, ...]


@dataclass(frozen=True)
class Enum:
    """Travels as an int; a receiver accepts the values of its items only."""

    name: str
    namespace: str
    items: tuple[EnumItem, ...]
    doc: tuple[str, ...]

    def size(self, _word: int) -> int:
        return 4


@dataclass(frozen=True)
class Type:
    """A type with aliases followed to the end. `spelling` is what the IDL says."""

    base: Builtin | Enum
    spelling: str
    alias: "Alias | None" = None  # the alias that names it, if that one is a C typedef
    array: int | None = None
    bound: int | None = None      # of bytes and str: the greatest length, no NUL counted

    @property
    def is_ool(self) -> bool:
        return isinstance(self.base, Builtin) and self.base.is_ool

    @property
    def is_lent(self) -> bool:
        return isinstance(self.base, Builtin) and self.base.is_lent

    @property
    def enum(self) -> Enum | None:
        return self.base if isinstance(self.base, Enum) else None

    @property
    def is_bool(self) -> bool:
        return isinstance(self.base, Builtin) and self.base.name == "bool"


@dataclass(frozen=True)
class Alias:
    name: str
    namespace: str
    type: Type
    doc: tuple[str, ...]


@dataclass(frozen=True)
class Const:
    name: str
    namespace: str
    type: Type
    value: int
    doc: tuple[str, ...]


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    doc: tuple[str, ...]


@dataclass(frozen=True)
class Payload:
    """A request, a reply or a oneway, its fields in the order of the source."""

    fields: tuple[Field, ...]

    @property
    def wire(self) -> tuple[Field, ...]:
        """The fields in the order of the C struct: out-of-line first, since its pointer and length
        overlay ool_ptr and ool_len of struct message."""
        return tuple(sorted(self.fields, key=lambda field: not field.type.is_ool))

    @property
    def ool(self) -> Field | None:
        return next((field for field in self.fields if field.type.is_ool), None)


@dataclass
class Message:
    name: str
    namespace: str
    is_async: bool
    request: Payload
    reply: Payload | None
    doc: tuple[str, ...]
    number: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    @property
    def c_name(self) -> str:
        return f"{self.namespace}_{self.name}" if self.namespace else self.name

    @property
    def kind(self) -> str:
        return ("async " if self.is_async else "") + ("oneway" if self.reply is None else "rpc")


@dataclass
class Interface:
    """`name` is GLOBAL for the messages outside of every namespace."""

    name: str
    doc: tuple[str, ...]
    external: bool = False
    number: int = 0
    messages: list[Message] = field(default_factory=list)


GLOBAL = "global"


@dataclass
class Model:
    interfaces: list[Interface] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    consts: list[Const] = field(default_factory=list)
    enums: list[Enum] = field(default_factory=list)
    files: list[str] = field(default_factory=list)  # all that was read, included ones too

    def messages(self):
        return (message for interface in self.interfaces for message in interface.messages)
