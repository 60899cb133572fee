"""What the parser makes of a file: names are not resolved yet, nothing is checked."""

from dataclasses import dataclass, field

from .errors import Location


@dataclass(frozen=True)
class Name:
    text: str
    location: Location


@dataclass(frozen=True)
class Number:
    """A literal, or the name of a const."""

    value: int | None
    name: str | None
    location: Location


@dataclass(frozen=True)
class TypeRef:
    """`name`, `name[array]`, `name<bound>`"""

    name: str
    array: Number | None
    bound: Number | None
    location: Location


@dataclass(frozen=True)
class FieldNode:
    name: Name
    type: TypeRef
    doc: tuple[str, ...]


@dataclass(frozen=True)
class TypeNode:
    name: Name
    type: TypeRef
    doc: tuple[str, ...]


@dataclass(frozen=True)
class ConstNode:
    name: Name
    type: TypeRef
    value: Number
    doc: tuple[str, ...]


@dataclass(frozen=True)
class ItemNode:
    name: Name
    value: Number
    doc: tuple[str, ...]


@dataclass(frozen=True)
class EnumNode:
    name: Name
    items: tuple[ItemNode, ...]
    doc: tuple[str, ...]


@dataclass(frozen=True)
class MessageNode:
    name: Name
    is_async: bool
    request: tuple[FieldNode, ...]
    reply: tuple[FieldNode, ...] | None  # None: oneway
    ordinal: Number | None
    doc: tuple[str, ...]


@dataclass(frozen=True)
class IncludeNode:
    pattern: str
    location: Location


@dataclass
class Scope:
    """A namespace, or what stands outside of all of them (name is None)."""

    name: Name | None = None
    ordinal: Number | None = None
    doc: tuple[str, ...] = ()
    types: list[TypeNode] = field(default_factory=list)
    consts: list[ConstNode] = field(default_factory=list)
    enums: list[EnumNode] = field(default_factory=list)
    messages: list[MessageNode] = field(default_factory=list)


@dataclass
class FileNode:
    path: str
    toplevel: Scope
    namespaces: list[Scope] = field(default_factory=list)
    includes: list[IncludeNode] = field(default_factory=list)
    doc: tuple[str, ...] = ()
    external: bool = False
