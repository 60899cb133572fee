"""Generates idl_server.h: tables of handlers, and the dispatch of received messages to them."""

from . import c_text as c
from .model import Interface, Message, Model
from .to_validate import check_name, needs_check

_ABOUT = """\
For each interface a struct NAMESPACE_ops, the table of a server's handlers, and the function
NAMESPACE_dispatch, which hands a received message to its handler:

    static error_t open(task_t client, struct fs_open_fields *request,
                        struct fs_open_reply_fields *reply) { … }
    static const struct fs_ops ops = {.open = open};

    ASSERT_OK(ipc_recv(IPC_ANY, &m));
    if (!fs_dispatch(&ops, &m)) {
        discard_unknown_message(&m);
    }

A handler sees only messages whose contents are what the IDL says; others are answered with
ERR_TOO_LARGE or ERR_INVALID_ARG. What it returns is the answer: OK sends `reply`, which was
zeroed; an ERR_* sends that; DONT_REPLY sends nothing: the server will reply later itself.

The str or bytes of a message is freed after the handler; to keep it, take the pointer and set it
to NULL in the request. Pages that a message lends are there until it is answered. The str or bytes
of a reply is the handler's: it must stay as it is until the dispatch returns. If such replies are
allocated, set free_reply to free.

Replies are sent with ipc_reply(). A server whose replies have no payload may define
IDL_REPLY(client, m) before it includes this file, to answer in one system call with its next
receive: `m` is the message that it dispatched.

A dispatch returns false, and leaves the message alone, if it is of another interface or its handler
is NULL. Otherwise the message is used up."""

_HELPERS = """\
#ifndef IDL_REPLY
#    define IDL_REPLY(client, m) ipc_reply(client, m)
#endif

/// Answers `client` with what its handler made of its request.
static inline void idl_reply(task_t client, struct message *m, int type, error_t err) {
    if (err == DONT_REPLY) {
        return;
    }
    m->type = IS_ERROR(err) ? err : type;
    IDL_REPLY(client, m);
}
"""

_ASYNC_HELPER = """\
/// The same for a request that came asynchronously: its sender does not wait for the reply.
static inline void idl_reply_async(task_t client, struct message *m, int type, error_t err) {
    if (err == DONT_REPLY) {
        return;
    }
    m->type = IS_ERROR(err) ? err : type;
    OOPS_OK(async_send(client, m));
}
"""


def generate_server(model: Model) -> str:
    has_async_rpc = any(m.is_async and m.reply is not None for m in model.messages())
    includes = ["idl_validate.h", "message.h", *(["resea/async.h"] if has_async_rpc else []),
                "resea/ipc.h", "resea/malloc.h", *(["resea/printf.h"] if has_async_rpc else []),
                "string.h", "types.h"]
    helpers = [_HELPERS, _ASYNC_HELPER] if has_async_rpc else [_HELPERS]
    parts = [_interface(interface) for interface in model.interfaces]
    return c.file("__IDL_SERVER_H__", _ABOUT, includes, [*helpers, *parts])


def _interface(interface: Interface) -> str:
    handlers = [_dispatch_message(interface, message) for message in interface.messages]
    parts = [c.banner(interface), _ops(interface), *handlers, _dispatch(interface)]
    return "\n".join(parts)


def _ops(interface: Interface) -> str:
    members = "".join(c.doc(message.doc, "    ") + _handler(message)
                      for message in interface.messages)
    if _has_ool_reply(interface):
        members += ("    /// Called with the str or bytes of each reply once it is sent. May be"
                    " NULL.\n    void (*free_reply)(void *payload);\n")
    return f"/// The handlers of a server of {interface.name}.\n" \
           f"struct {c.prefix(interface)}_ops {{\n{members}}};\n"


def _has_ool_reply(interface: Interface) -> bool:
    return any(message.reply and message.reply.ool for message in interface.messages)


def _handler(message: Message) -> str:
    is_rpc = message.reply is not None
    parameters = ["task_t client" if is_rpc else "task_t src"]
    if message.request.fields:
        parameters.append(f"{c.struct(message, False)} *{'request' if is_rpc else 'message'}")
    if is_rpc and message.reply.fields:
        parameters.append(f"{c.struct(message, True)} *reply")
    return c.call(f"    {'error_t' if is_rpc else 'void'} (*{message.name})", parameters, ";")


def _dispatch_message(interface: Interface, message: Message) -> str:
    name = c.prefix(interface)
    head = c.call(f"static inline bool idl_dispatch_{message.c_name}",
                  [f"const struct {name}_ops *ops", "struct message *m"], " {")
    lines = [f"if (!ops->{message.name}) {{", "    return false;", "}"]
    body = _oneway_body(message) if message.reply is None else _rpc_body(message)
    code = "".join(f"    {line}\n" for line in [*lines, *body, "return true;"])
    return f"/// {message.full_name}\n{head}{code}}}\n"


def _request_copy(message: Message, name: str) -> list[str]:
    if not message.request.fields:
        return []
    return [f"{c.struct(message, False)} {name} = m->{c.member(message, False)};"]


def _free_request(message: Message, name: str) -> list[str]:
    ool = message.request.ool
    # The const is the IDL's, not the buffer's: it came from malloc.
    return [f"free((void *) {name}.{ool.name});"] if ool and not ool.type.is_lent else []


def _oneway_body(message: Message) -> list[str]:
    arguments = ["m->src"] + (["&message"] if message.request.fields else [])
    call = f"ops->{message.name}({', '.join(arguments)});"
    if not needs_check(message.request):
        return [*_request_copy(message, "message"), call, *_free_request(message, "message")]
    return [f"if ({check_name(message, False)}(m) != OK) {{", "    idl_discard(m);",
            "    return true;", "}",
            *_request_copy(message, "message"), call, *_free_request(message, "message")]


def _rpc_body(message: Message) -> list[str]:
    arguments = ["client"] + (["&request"] if message.request.fields else [])
    if message.reply.fields:
        arguments.append(f"&m->{c.member(message, True)}")
    call = f"ops->{message.name}({', '.join(arguments)})"
    return ["task_t client = m->src;", *_checked_call(message, call), *_answer(message)]


def _checked_call(message: Message, call: str) -> list[str]:
    copy = _request_copy(message, "request")
    number = c.number(message, True)
    zero = [f"bzero(m->raw, MSG_LEN({number}));"] if message.reply.fields else []
    if not needs_check(message.request):
        return [*copy, *zero, f"error_t err = {call};"]
    return [f"error_t err = {check_name(message, False)}(m);", *_unchecked_copy(message), *zero,
            "if (err == OK) {", f"    err = {call};", "}"]


def _unchecked_copy(message: Message) -> list[str]:
    """As bytes: an invalid bool may be in it, which only memcpy may touch."""
    return [f"{c.struct(message, False)} request;",
            f"memcpy(&request, &m->{c.member(message, False)}, sizeof(request));"]


def _answer(message: Message) -> list[str]:
    reply = "idl_reply_async" if message.is_async else "idl_reply"
    ool = message.reply.ool
    save = ["void *payload = err == OK ? m->ool_ptr : NULL;"] if ool else []
    send = f"{reply}(client, m, {c.number(message, True)}, err);"
    free_reply = ["if (ops->free_reply && payload) {", "    ops->free_reply(payload);", "}"]
    return [*save, send, *(free_reply if ool else []), *_free_request(message, "request")]


def _dispatch(interface: Interface) -> str:
    name = c.prefix(interface)
    cases = "".join(f"    case {c.number(message, False)}:\n        return"
                    f" idl_dispatch_{message.c_name}(ops, m);\n" for message in interface.messages)
    head = c.call(f"static inline bool {name}_dispatch",
                  [f"const struct {name}_ops *ops", "struct message *m"], " {")
    return (f"/// Hands a message of {interface.name} to its handler; false if it has none.\n{head}"
            f"    switch (m->type) {{\n{cases}    default:\n        return false;\n"
            "    }\n}\n")
