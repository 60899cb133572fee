"""Finds what names of types and consts mean: first in their own namespace, then outside of all."""

from .errors import Diagnostics, suggest
from .model import BUILTINS, Alias, Builtin, Const, Enum, EnumItem, Type
from .names import CNames, check_name
from .nodes import ConstNode, EnumNode, Name, Number, Scope, TypeNode, TypeRef

_INT = Type(BUILTINS["int"], "int")
_RESOLVING = object()


class Resolver:
    def __init__(self, diagnostics: Diagnostics, c_names: CNames):
        self.diagnostics = diagnostics
        self.c_names = c_names
        self.types: dict[tuple[str, str], TypeNode | EnumNode] = {}
        self.consts: dict[tuple[str, str], ConstNode] = {}
        self._resolved: dict[tuple[str, str, str], object] = {}

    # Declarations.

    def declare(self, scope: Scope) -> None:
        namespace = scope.name.text if scope.name else ""
        for node in (*scope.types, *scope.enums):
            self._declare(self.types, namespace, node)
        for node in scope.consts:
            self._declare(self.consts, namespace, node)

    def _declare(self, table: dict, namespace: str, node) -> None:
        name, key = node.name, (namespace, node.name.text)
        check_name(name, self.diagnostics)
        if table is self.types and name.text in BUILTINS:
            self.diagnostics.error(name.location, f"'{name.text}' is a type of the language;"
                                                  " choose another name")
        elif key in table:
            self.diagnostics.error(name.location, f"'{name.text}' is defined already, at"
                                                  f" {table[key].name.location}")
        else:
            table[key] = node

    # Definitions.

    def define(self, scope: Scope, model) -> None:
        namespace = scope.name.text if scope.name else ""
        for node in scope.consts:
            const = self._const(namespace, node)
            if const and const not in model.consts:
                model.consts.append(const)
        for node in scope.enums:
            enum = self._named_type(namespace, node)
            if enum and enum not in model.enums:
                model.enums.append(enum)
        for node in scope.types:
            alias = self._named_type(namespace, node)
            if alias and alias not in model.aliases:
                model.aliases.append(alias)

    def _once(self, kind: str, namespace: str, name: Name, make):
        """Makes a definition on its first use; None if it is wrong or refers to itself."""
        key = (kind, namespace, name.text)
        if self._resolved.get(key) is _RESOLVING:
            self.diagnostics.error(name.location, f"'{name.text}' is defined by itself")
            return None
        if key not in self._resolved:
            self._resolved[key] = _RESOLVING
            self._resolved[key] = make()
        return self._resolved[key]

    # Consts.

    def _const(self, namespace: str, node: ConstNode) -> Const | None:
        return self._once("const", namespace, node.name, lambda: self._make_const(namespace, node))

    def _make_const(self, namespace: str, node: ConstNode) -> Const | None:
        type_ = self.type(namespace, node.type)
        value = self.number(namespace, node.value)
        if type_ is None or value is None:
            return None
        base = _INT.base if type_.enum else type_.base
        if type_.array or base.minimum is None:
            self.diagnostics.error(node.type.location, f"a const can't be of type"
                                                       f" '{type_.spelling}'; it is a whole number")
            return None
        if not base.minimum <= value <= base.maximum:
            self.diagnostics.error(
                node.value.location, f"{value} does not fit '{type_.spelling}', which holds"
                                     f" {base.minimum} to {base.maximum}")
            return None
        identifier = join(namespace, node.name.text).upper()
        self.c_names.claim(identifier, f"const '{node.name.text}'", node.name.location)
        return Const(node.name.text, namespace, type_, value, node.doc)

    def number(self, namespace: str, node: Number) -> int | None:
        """The value of a literal or of the const it names; None if there is none such."""
        if node.name is None:
            return node.value
        for scope in (namespace, ""):
            if (scope, node.name) in self.consts:
                const = self._const(scope, self.consts[scope, node.name])
                return const.value if const else None
        known = [name for scope, name in self.consts if scope in (namespace, "")]
        self.diagnostics.error(node.location, f"unknown const '{node.name}'"
                                              + suggest(node.name, known))
        return None

    # Types.

    def type(self, namespace: str, ref: TypeRef) -> Type | None:
        target = self._find_type(namespace, ref)
        if target is None:
            return None
        if isinstance(target, Alias):
            type_ = target.type
            alias = target if not (type_.array or type_.is_ool) else None
        else:
            type_, alias = Type(target, ref.name), None
        array = self._array(namespace, ref, type_)
        bound = self._bound(namespace, ref, type_)
        return Type(type_.base, _spelling(ref.name, bound, array), alias,
                    array or type_.array, bound if bound is not None else type_.bound)

    def _find_type(self, namespace: str, ref: TypeRef) -> Builtin | Enum | Alias | None:
        if ref.name in BUILTINS:
            return BUILTINS[ref.name]
        for scope in (namespace, ""):
            if (scope, ref.name) in self.types:
                return self._named_type(scope, self.types[scope, ref.name])
        known = [*BUILTINS, *(name for scope, name in self.types if scope in (namespace, ""))]
        self.diagnostics.error(ref.location, f"unknown type '{ref.name}'"
                                             + suggest(ref.name, known))
        return None

    def _named_type(self, namespace: str, node: TypeNode | EnumNode) -> Enum | Alias | None:
        make = self._make_enum if isinstance(node, EnumNode) else self._make_alias
        return self._once("type", namespace, node.name, lambda: make(namespace, node))

    def _make_alias(self, namespace: str, node: TypeNode) -> Alias | None:
        type_ = self.type(namespace, node.type)
        if type_ is None:
            return None
        alias = Alias(node.name.text, namespace, type_, node.doc)
        if not (type_.array or type_.is_ool):
            identifier = join(namespace, node.name.text) + "_t"
            self.c_names.claim(identifier, f"type '{node.name.text}'", node.name.location)
        return alias

    def _make_enum(self, namespace: str, node: EnumNode) -> Enum:
        if not node.items:
            self.diagnostics.error(node.name.location, f"enum '{node.name.text}' has no items")
        c_name = join(namespace, node.name.text)
        self.c_names.claim(f"enum {c_name}", f"enum '{node.name.text}'", node.name.location)
        items, values = [], {}
        for item in node.items:
            check_name(item.name, self.diagnostics)
            value = self._item_value(namespace, item, values)
            identifier = f"{c_name}_{item.name.text}".upper()
            self.c_names.claim(identifier, f"item '{item.name.text}' of enum '{node.name.text}'",
                               item.name.location)
            items.append(EnumItem(item.name.text, value or 0, item.doc))
        return Enum(node.name.text, namespace, tuple(items), node.doc)

    def _item_value(self, namespace: str, item, values: dict[int, str]) -> int | None:
        value = self.number(namespace, item.value)
        if value is None:
            return None
        base = _INT.base
        if not base.minimum <= value <= base.maximum:
            self.diagnostics.error(item.value.location, f"{value} does not fit an enum, which holds"
                                                        f" {base.minimum} to {base.maximum}")
        elif value in values:
            self.diagnostics.error(item.value.location, f"'{item.name.text}' has the number of"
                                                        f" '{values[value]}', {value}")
        values.setdefault(value, item.name.text)
        return value

    def _array(self, namespace: str, ref: TypeRef, type_: Type) -> int | None:
        if ref.array is None:
            return None
        if type_.array or type_.is_ool:
            what = "an array" if type_.array else f"'{type_.base.name}'"
            self.diagnostics.error(ref.array.location, f"there are no arrays of {what}; an array"
                                                       " holds numbers, bools, chars or enums")
            return None
        return self._positive(namespace, ref.array, "an array has at least one element", (1 << 16))

    def _bound(self, namespace: str, ref: TypeRef, type_: Type) -> int | None:
        if ref.bound is None:
            return None
        if not type_.is_ool:
            self.diagnostics.error(ref.bound.location, f"'{ref.name}' takes no greatest length;"
                                                       " only bytes and str do")
            return None
        return self._positive(namespace, ref.bound, "the greatest length is at least 1", 1 << 31)

    def _positive(self, namespace: str, node: Number, rule: str, limit: int) -> int | None:
        value = self.number(namespace, node)
        if value is not None and not 1 <= value < limit:
            limit_text = "" if value < 1 else f" and less than {limit}"
            self.diagnostics.error(node.location, f"{rule}{limit_text}, not {value}")
            return None
        return value


def join(namespace: str, name: str) -> str:
    return f"{namespace}_{name}" if namespace else name


def _spelling(name: str, bound: int | None, array: int | None) -> str:
    return name + (f"<{bound}>" if bound else "") + (f"[{array}]" if array else "")
