"""Generates idl_client.h: a function for each message that a task sends."""

from . import c_text as c
from .model import GLOBAL, Field, Interface, Message, Model
from .to_validate import check_name, needs_check

_ABOUT = """\
Typed functions that send messages. Include it where you are a client:

    call_NAMESPACE_MESSAGE(server, request…, &reply…)   an rpc: waits for the reply
    send_NAMESPACE_MESSAGE(dst, fields…)                a oneway: waits until it is received
    post_NAMESPACE_MESSAGE(dst, fields…)                the same, but queued, so it never waits
                                                        (see <resea/async.h>)

The prefixes keep them apart from a server's own functions. Parameters are in the order of the IDL.
What it calls `async` can only be posted; the reply to a posted rpc is a message of its own.

All return OK or an ERR_*: what the IPC returned, the error that the server replied, ERR_TOO_LARGE
if a str or bytes is longer than the IDL allows, ERR_NOT_ACCEPTABLE if the reply is not what the
IDL says. Reply pointers must not be NULL; they are written on OK only. A str or bytes in a reply
was allocated: free() it."""

_HELPERS = """\
/// Calls the server and makes sure that the answer is of the type `reply`.
static inline error_t idl_call(task_t server, struct message *m, int reply) {
    error_t err = ipc_call(server, m);
    if (IS_ERROR(err)) {
        return err;
    }
    if (m->type != reply) {
        idl_discard(m);
        return ERR_NOT_ACCEPTABLE;
    }
    return OK;
}

/// Drops a reply whose contents are not what the IDL says.
static inline error_t idl_accept(struct message *m, error_t check) {
    if (check == OK) {
        return OK;
    }
    idl_discard(m);
    return ERR_NOT_ACCEPTABLE;
}
"""


def generate_client(model: Model) -> str:
    interfaces = [interface for interface in model.interfaces if interface.name != GLOBAL]
    includes = ["idl_validate.h", "message.h", "resea/async.h", "resea/ipc.h", "string.h",
                "types.h"]
    return c.file("__IDL_CLIENT_H__", _ABOUT, includes,
                  [_HELPERS, *(_interface(interface) for interface in interfaces)])


def _interface(interface: Interface) -> str:
    return c.banner(interface) + "\n" + "\n".join(
        _stub(message, verb) for message in interface.messages for verb in _verbs(message))


def _verbs(message: Message) -> tuple[str, ...]:
    """What the functions for a message begin with: the ways in which it can be sent."""
    if message.is_async:
        return ("post",)
    return ("send", "post") if message.reply is None else ("call",)


class _Names:
    """Gives locals and reply parameters names that no field of the request has."""

    def __init__(self, message: Message):
        self.taken = {field.name for field in message.request.fields}
        self.taken |= {f"{field.name}_len" for field in message.request.fields}
        self.reply = {field.name: self.free(field.name, "out_{}")
                      for field in (message.reply.fields if message.reply else ())}
        self.task = self.free("dst" if message.reply is None else "server", "{}_")
        self.message = self.free("m", "{}_")
        self.error = self.free("err", "{}_")

    def free(self, name: str, pattern: str) -> str:
        while name in self.taken:
            name = pattern.format(name)
        self.taken |= {name, f"{name}_len"}
        return name


def _stub(message: Message, verb: str) -> str:
    names = _Names(message)
    parameters = [f"task_t {names.task}"]
    parameters += [p for field in message.request.fields for p in _input_parameters(field)]
    if verb == "call":
        parameters += [p for field in message.reply.fields
                       for p in _output_parameters(field, names.reply[field.name])]
    head = f"static inline __mustuse error_t {verb}_{message.c_name}"
    code = _fill(message, names) + _SENDERS[verb](message, names)
    about = message.doc or (f"{message.full_name}",)
    return f"{c.doc(about)}{c.call(head, parameters, ' {')}{code}}}\n"


def _input_parameters(field: Field) -> list[str]:
    if field.type.is_ool:
        pointer = c.declare(field.type.base.c_type, field.name)
        is_str = field.type.base.name == "str"
        return [pointer] if is_str else [pointer, f"size_t {field.name}_len"]
    if field.type.array:
        return [f"const {c.scalar_type(field)} {field.name}[{field.type.array}]"]
    return [f"{c.argument_type(field)} {field.name}"]


def _output_parameters(field: Field, name: str) -> list[str]:
    if field.type.is_ool:
        # What is received is the caller's.
        pointer = f"{field.type.base.c_type.removeprefix('const ')}*{name}"
        is_str = field.type.base.name == "str"
        return [pointer] if is_str else [pointer, f"size_t *{name}_len"]
    if field.type.array:
        return [f"{c.scalar_type(field)} {name}[{field.type.array}]"]
    return [f"{c.argument_type(field)} *{name}"]


def _fill(message: Message, names: _Names) -> str:
    """The request, built in a zeroed payload: padding must not tell what was on the stack."""
    ool, m = message.request.ool, names.message
    lines = []
    if ool and ool.type.bound:
        length = f"strlen({ool.name})" if ool.type.base.name == "str" else f"{ool.name}_len"
        lines += [f"if ({length} > {ool.type.bound}) {{", "    return ERR_TOO_LARGE;", "}"]
    number = c.number(message, False)
    lines += [f"struct message {m};", f"{m}.type = {number};"]
    if message.request.fields:
        lines.append(f"bzero({m}.raw, MSG_LEN({number}));")
    for field in message.request.fields:
        lines += _fill_field(field, f"{m}.{c.member(message, False)}")
    return _indented(lines)


def _fill_field(field: Field, payload: str) -> list[str]:
    name = f"{payload}.{field.name}"
    if field.type.array:
        return [f"memcpy({name}, {field.name}, sizeof({name}));"]
    lines = [f"{name} = {field.name};"]
    if field.type.is_ool and field.type.base.name != "str":
        lines.append(f"{name}_len = {field.name}_len;")
    return lines


def _send(_message: Message, names: _Names) -> str:
    return f"    return ipc_send({names.task}, &{names.message});\n"


def _post(_message: Message, names: _Names) -> str:
    return f"    return async_send({names.task}, &{names.message});\n"


def _call(message: Message, names: _Names) -> str:
    m, err, reply = names.message, names.error, message.reply
    call = f"idl_call({names.task}, &{m}, {c.number(message, True)})"
    if not reply.fields:
        return f"    return {call};\n"
    lines = [f"error_t {err} = {call};"]
    if needs_check(reply):
        lines += [f"if (IS_OK({err})) {{",
                  f"    {err} = idl_accept(&{m}, {check_name(message, True)}(&{m}));", "}"]
    lines += [f"if (IS_ERROR({err})) {{", f"    return {err};", "}"]
    for field in reply.fields:
        lines += _take_field(field, names.reply[field.name], m, c.member(message, True))
    return _indented([*lines, "return OK;"])


_SENDERS = {"call": _call, "send": _send, "post": _post}


def _take_field(field: Field, name: str, m: str, member: str) -> list[str]:
    value = f"{m}.{member}.{field.name}"
    if field.type.is_ool:
        lines = [f"*{name} = {m}.ool_ptr;"]
        return lines if field.type.base.name == "str" else [*lines, f"*{name}_len = {m}.ool_len;"]
    if field.type.array:
        return [f"memcpy({name}, {value}, sizeof({value}));"]
    cast = f"({c.argument_type(field)}) " if field.type.enum else ""
    return [f"*{name} = {cast}{value};"]


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)
