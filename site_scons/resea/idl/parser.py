"""Recursive-descent parser of the IDL. Stops at the first mistake of a file.

    file      = { statement }
    statement = include STRING ";"  |  [ordinal] namespace NAME "{" { member } "}"  |  member
    member    = type NAME "=" type ";"
              | const NAME ":" type "=" number ";"
              | enum NAME "{" NAME "=" number { "," NAME "=" number } [","] "}"
              | [ordinal] [async] rpc NAME fields "->" fields ";"
              | [ordinal] [async] oneway NAME fields ";"
    fields    = "(" [ field { "," field } [","] ] ")"
    field     = NAME ":" type
    type      = NAME [ "<" number ">" ] [ "[" number "]" ]
    ordinal   = "@" ordinal "(" number ")"
    number    = NUMBER | NAME of a const

`///` lines document the statement, item or field that follows. A ";" after a "}" may be left out.
"""

from .errors import Source, error_at, suggest
from .lexer import Token, tokenize
from .nodes import (ConstNode, EnumNode, FieldNode, FileNode, IncludeNode, ItemNode, MessageNode,
                    Name, Number, Scope, TypeNode, TypeRef)

_MEMBERS = ("type", "const", "enum", "rpc", "oneway", "async")


def parse(source: Source, external: bool = False) -> FileNode:
    return _Parser(source, external).file()


class _Parser:
    def __init__(self, source: Source, external: bool):
        self.tokens = tokenize(source)
        self.position = 0
        self.result = FileNode(source.path, Scope(), external=external)

    # Tokens.

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def advance(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.position += 1
        return token

    def accept(self, text: str) -> Token | None:
        matches = self.token.text == text and self.token.kind in ("symbol", "name")
        return self.advance() if matches else None

    def expect(self, text: str, where: str) -> Token:
        token = self.accept(text)
        if not token:
            raise error_at(self.token.location, f"expected '{text}' {where}, found {self.token}")
        return token

    def name(self, what: str) -> Name:
        if self.token.kind != "name":
            raise error_at(self.token.location, f"expected {what}, found {self.token}")
        token = self.advance()
        return Name(token.text, token.location)

    def number(self, what: str) -> Number:
        token = self.token
        if token.kind == "number":
            self.advance()
            return Number(int(token.text, 0 if "x" in token.text.lower() else 10), None,
                          token.location)
        name = self.name(f"{what}, a number or the name of a const")
        return Number(None, name.text, name.location)

    def docs(self) -> tuple[str, ...]:
        lines = []
        while self.token.kind == "doc":
            lines.append(self.advance().text[3:].removeprefix(" ").rstrip())
        return tuple(lines)

    # Statements.

    def file(self) -> FileNode:
        while True:
            doc = self.docs()
            if self.token.kind == "end":
                return self.result
            if self.token.text == "include":
                self.include()
            else:
                self.statement(self.result.toplevel, doc)

    def include(self) -> None:
        self.advance()
        token = self.token
        if token.kind != "string":
            raise error_at(token.location, f"expected a file pattern in quotes, found {token}")
        self.advance()
        self.expect(";", "after the include")
        self.result.includes.append(IncludeNode(token.text[1:-1], token.location))

    def statement(self, scope: Scope, doc: tuple[str, ...]) -> None:
        ordinal = self.ordinal()
        keyword = self.token
        if keyword.text in ("rpc", "oneway", "async"):
            scope.messages.append(self.message(doc, ordinal))
        elif keyword.text == "namespace" and scope is self.result.toplevel:
            self.namespace(doc, ordinal)
        elif ordinal:
            raise error_at(keyword.location, "@ordinal numbers a namespace, an rpc or a oneway;"
                                             f" found {keyword}")
        elif keyword.text in ("type", "const", "enum"):
            self.advance()
            getattr(self, keyword.text)(scope, doc)
        else:
            self.unknown_statement(keyword, scope)

    def unknown_statement(self, token: Token, scope: Scope) -> None:
        if token.text in ("namespace", "include"):
            text = f"'{token.text}' can't stand inside a namespace; close '{scope.name.text}' first"
            raise error_at(token.location, text)
        known = _MEMBERS if scope.name else (*_MEMBERS, "namespace", "include")
        text = f"expected a statement ({', '.join(known)}), found {token}"
        raise error_at(token.location, text + suggest(token.text, known))

    def ordinal(self) -> Number | None:
        if not self.accept("@"):
            return None
        self.expect("ordinal", "after '@'")
        self.expect("(", "after '@ordinal'")
        number = self.number("the ordinal")
        self.expect(")", "after the ordinal")
        return number

    def namespace(self, doc: tuple[str, ...], ordinal: Number | None) -> None:
        self.advance()
        scope = Scope(self.name("the namespace's name"), ordinal, doc)
        self.expect("{", "after the namespace's name")
        while True:
            member_doc = self.docs()
            if self.accept("}"):
                break
            if self.token.kind == "end":
                opened = f"namespace '{scope.name.text}' of line {scope.name.location.line}"
                raise error_at(self.token.location, f"expected '}}' to close {opened}, found"
                                                    f" {self.token}")
            self.statement(scope, member_doc)
        self.accept(";")
        self.result.namespaces.append(scope)

    def type(self, scope: Scope, doc: tuple[str, ...]) -> None:
        name = self.name("the new type's name")
        self.expect("=", "after the new type's name")
        scope.types.append(TypeNode(name, self.type_ref(), doc))
        self.expect(";", "after the type")

    def const(self, scope: Scope, doc: tuple[str, ...]) -> None:
        name = self.name("the const's name")
        self.expect(":", "after the const's name")
        type_ref = self.type_ref()
        self.expect("=", "after the const's type")
        scope.consts.append(ConstNode(name, type_ref, self.number("the const's value"), doc))
        self.expect(";", "after the const")

    def enum(self, scope: Scope, doc: tuple[str, ...]) -> None:
        name = self.name("the enum's name")
        self.expect("{", "after the enum's name")
        items = []
        while True:
            item_doc = self.docs()
            if self.accept("}"):
                break
            item = self.name("an item of the enum or '}'")
            self.expect("=", f"after '{item.text}' (every item of an enum has a number)")
            items.append(ItemNode(item, self.number("the item's number"), item_doc))
            if not self.accept(","):
                self.docs()
                self.expect("}", "or ',' after an item of the enum")
                break
        self.accept(";")
        scope.enums.append(EnumNode(name, tuple(items), doc))

    def message(self, doc: tuple[str, ...], ordinal: Number | None) -> MessageNode:
        is_async = bool(self.accept("async"))
        keyword = self.token
        if not (self.accept("rpc") or self.accept("oneway")):
            text = f"expected 'rpc' or 'oneway' after 'async', found {keyword}"
            raise error_at(keyword.location, text + suggest(keyword.text, ("rpc", "oneway")))
        name = self.name(f"the name of the {keyword.text}")
        request = self.fields(f"after '{name.text}'")
        reply = self.reply(name) if keyword.text == "rpc" else None
        if self.token.text == "->":
            raise error_at(self.token.location, f"'{name.text}' is a oneway, which has no reply;"
                                                " make it an rpc")
        self.expect(";", f"after '{name.text}'")
        return MessageNode(name, is_async, request, reply, ordinal, doc)

    def reply(self, name: Name) -> tuple[FieldNode, ...]:
        if not self.accept("->"):
            text = (f"expected '->' and the reply of rpc '{name.text}', found {self.token};"
                    " an empty reply is '-> ()', a message without one is a oneway")
            raise error_at(self.token.location, text)
        return self.fields("after '->'")

    def fields(self, where: str) -> tuple[FieldNode, ...]:
        self.expect("(", where)
        fields = []
        while True:
            doc = self.docs()
            if self.accept(")"):
                break
            name = self.name("a field's name or ')'")
            self.expect(":", f"and a type after field '{name.text}'")
            fields.append(FieldNode(name, self.type_ref(), doc))
            if not self.accept(","):
                self.docs()
                self.expect(")", "or ',' after a field")
                break
        return tuple(fields)

    def type_ref(self) -> TypeRef:
        name = self.name("a type")
        bound = array = None
        if self.accept("<"):
            bound = self.number("the greatest length")
            self.expect(">", "after the greatest length")
        if self.accept("["):
            array = self.number("the number of elements")
            self.expect("]", "after the number of elements")
        return TypeRef(name.text, array, bound, name.location)
