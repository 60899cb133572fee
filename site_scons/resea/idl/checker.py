"""Turns parsed files into a Model, and tells what is wrong with them."""

from .errors import Diagnostics
from .layout import PAYLOAD_MAX, layout
from .model import GLOBAL, OOL_KINDS, Field, Interface, Message, Model, Payload
from .names import MESSAGE_MEMBERS, CNames, check_name
from .nodes import FieldNode, FileNode, MessageNode, Number, Scope
from .ordinals import (GLOBAL_NUMBER, MESSAGE_LIMITS, Allocator, Lock, Request, interface_limits,
                       lock_name)
from .resolver import Resolver, join


def check(files: list[FileNode], lock: Lock, external_lock: Lock, update: bool) -> Model:
    """New numbers go into the locks if `update` is set or a lock has no path."""
    diagnostics = Diagnostics()
    model = _Checker(files, diagnostics).model()
    diagnostics.raise_if_any()
    _Numbering(model.scopes, lock, external_lock, update, diagnostics).run()
    diagnostics.raise_if_any()
    result = model.result
    result.interfaces.sort(key=lambda interface: interface.number)
    for interface in result.interfaces:
        interface.messages.sort(key=lambda message: message.number)
    return result


class _Checked:
    """A model without numbers, and the source of each of its interfaces."""

    def __init__(self, files: list[FileNode]):
        self.result = Model(files=[node.path for node in files])
        self.scopes: list[_SourceOf] = []


class _SourceOf:
    def __init__(self, interface: Interface, scope: Scope | None, resolver: Resolver):
        self.interface = interface
        self.scope = scope
        self.resolver = resolver
        self.messages: list[tuple[Message, MessageNode]] = []


class _Checker:
    def __init__(self, files: list[FileNode], diagnostics: Diagnostics):
        self.files = files
        self.diagnostics = diagnostics
        self.c_names = CNames(diagnostics)
        self.resolver = Resolver(diagnostics, self.c_names)
        self.checked = _Checked(files)

    def model(self) -> _Checked:
        scopes = self._scopes()
        for scope, _ in scopes:
            self.resolver.declare(scope)
        for scope, _ in scopes:
            self.resolver.define(scope, self.checked.result)
        toplevel = _SourceOf(Interface(GLOBAL, ()), None, self.resolver)
        for scope, external in scopes:
            source = self._interface(scope, external) if scope.name else toplevel
            self._check_toplevel(scope, external)
            self._messages(source, scope)
        if toplevel.messages:
            self._keep(toplevel)
        return self.checked

    def _scopes(self) -> list[tuple[Scope, bool]]:
        scopes, seen = [], {}
        for node in self.files:
            scopes.append((node.toplevel, node.external))
            for scope in node.namespaces:
                name = scope.name
                if name.text in seen:
                    self.diagnostics.error(name.location, f"namespace '{name.text}' is defined"
                                                          f" already, at {seen[name.text]}")
                    continue
                seen[name.text] = name.location
                scopes.append((scope, node.external))
        return scopes

    def _check_toplevel(self, scope: Scope, external: bool) -> None:
        if scope.name is None and external and scope.messages:
            self.diagnostics.error(scope.messages[0].name.location,
                                   "only the tree's own messages can be outside of a namespace;"
                                   " write 'namespace NAME { … }' around it")

    def _interface(self, scope: Scope, external: bool) -> _SourceOf:
        check_name(scope.name, self.diagnostics)
        if scope.name.text == GLOBAL:
            self.diagnostics.error(scope.name.location, f"'{GLOBAL}' is the name of what stands"
                                                        " outside of namespaces; choose another")
        source = _SourceOf(Interface(scope.name.text, scope.doc, external), scope, self.resolver)
        if scope.messages:
            self._keep(source)
        return source

    def _keep(self, source: _SourceOf) -> None:
        self.checked.scopes.append(source)
        self.checked.result.interfaces.append(source.interface)

    # Messages.

    def _messages(self, source: _SourceOf, scope: Scope) -> None:
        namespace = scope.name.text if scope.name else ""
        for node in scope.messages:
            check_name(node.name, self.diagnostics)
            message = self._message(namespace, node)
            source.interface.messages.append(message)
            source.messages.append((message, node))

    def _message(self, namespace: str, node: MessageNode) -> Message:
        self._claim_names(namespace, node)
        request = self._payload(namespace, node, node.request, "")
        reply = None
        if node.reply is not None:
            reply = self._payload(namespace, node, node.reply, "the reply of ")
        return Message(node.name.text, namespace, node.is_async, request, reply, node.doc)

    def _claim_names(self, namespace: str, node: MessageNode) -> None:
        c_name = join(namespace, node.name.text)
        owner = f"message '{node.name.text}'"
        if c_name in MESSAGE_MEMBERS:
            self.diagnostics.error(node.name.location, f"'{c_name}' is a member of struct message"
                                                       " already; choose another name")
        self.c_names.claim(f"{c_name.upper()}_MSG", owner, node.name.location)
        if node.reply is not None:
            self.c_names.claim(f"{c_name.upper()}_REPLY_MSG", f"the reply of {owner}",
                               node.name.location)

    def _payload(self, namespace: str, message: MessageNode, nodes: tuple[FieldNode, ...],
                 what: str) -> Payload:
        fields = []
        for node in nodes:
            check_name(node.name, self.diagnostics)
            type_ = self.resolver.type(namespace, node.type)
            if type_ is not None:
                fields.append(Field(node.name.text, type_, node.doc))
        self._check_duplicates(nodes)
        if len(fields) != len(nodes):
            return Payload(())
        payload = Payload(tuple(fields))
        can_lend = message.reply is not None and not message.is_async and not what
        self._check_ool(payload, nodes, can_lend)
        self._check_size(payload, message, what)
        return payload

    def _check_duplicates(self, nodes: tuple[FieldNode, ...]) -> None:
        seen = set()
        for node in nodes:
            if node.name.text in seen:
                self.diagnostics.error(node.name.location, f"there is a field '{node.name.text}'"
                                                           " before this one already")
            elif node.name.text.removesuffix("_len") in seen - {node.name.text} and \
                    self._has_ool(nodes, node.name.text.removesuffix("_len")):
                base = node.name.text.removesuffix("_len")
                self.diagnostics.error(node.name.location, f"'{node.name.text}' is the length of"
                                                           f" '{base}' in C; choose another name")
            seen.add(node.name.text)

    @staticmethod
    def _has_ool(nodes: tuple[FieldNode, ...], name: str) -> bool:
        return any(n.name.text == name and n.type.name in OOL_KINDS for n in nodes)

    def _check_ool(self, payload: Payload, nodes: tuple[FieldNode, ...],
                   can_lend: bool) -> None:
        ools = {field.name for field in payload.fields if field.type.is_ool}
        if len(ools) > 1:
            second = [node for node in nodes if node.name.text in ools][1]
            self.diagnostics.error(second.name.location, "a message carries one bytes, str or"
                                                         " pages at most; send this one in another"
                                                         " message")
        lent = {field.name for field in payload.fields if field.type.is_lent}
        if lent and not can_lend:
            first = [node for node in nodes if node.name.text in lent][0]
            self.diagnostics.error(first.name.location, "only the request of an rpc that isn't"
                                                        " async lends pages; send bytes")

    def _check_size(self, payload: Payload, message: MessageNode, what: str) -> None:
        for word, limit in PAYLOAD_MAX.items():
            size = layout(payload, word).size
            if size > limit:
                text = (f"{what}'{message.name.text}' has {size} bytes on a {word * 8}-bit machine,"
                        f" {size - limit} more than a message holds; send bulk data as bytes")
                self.diagnostics.error(message.name.location, text)
                return


class _Numbering:
    def __init__(self, sources: list[_SourceOf], lock: Lock, external_lock: Lock, update: bool,
                 diagnostics: Diagnostics):
        self.sources = sources
        self.allocators = {
            False: Allocator(lock, diagnostics, update, external=False),
            True: Allocator(external_lock, diagnostics, update, external=True),
        }

    def run(self) -> None:
        for external in (False, True):
            named = [s for s in self.sources if s.scope and s.interface.external == external]
            self._interfaces(sorted(named, key=lambda s: s.interface.name), external)
        for source in self.sources:
            self._messages(source)

    def _interfaces(self, sources: list[_SourceOf], external: bool) -> None:
        requests = [
            Request(source.interface.name, "", source.scope.name.location,
                    *self._explicit(source, source.scope.ordinal))
            for source in sources
        ]
        numbers = self.allocators[external].assign(requests, interface_limits(external))
        for source in sources:
            source.interface.number = numbers.get(source.interface.name, GLOBAL_NUMBER)

    def _messages(self, source: _SourceOf) -> None:
        name = source.interface.name
        requests = [
            Request(lock_name(name, message.name), name, node.name.location,
                    *self._explicit(source, node.ordinal))
            for message, node in source.messages
        ]
        allocator = self.allocators[source.interface.external]
        numbers = allocator.assign(requests, MESSAGE_LIMITS)
        for message, _ in source.messages:
            message.number = numbers.get(lock_name(name, message.name), 0)

    @staticmethod
    def _explicit(source: _SourceOf, ordinal: Number | None):
        if ordinal is None:
            return None, None
        namespace = source.scope.name.text if source.scope else ""
        return source.resolver.number(namespace, ordinal), ordinal.location
