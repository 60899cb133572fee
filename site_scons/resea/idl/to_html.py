"""Generates the reference page of all interfaces: one HTML file that needs nothing else."""

from html import escape

from .layout import layout
from .model import Const, Enum, Field, Interface, Message, Model, Payload

_STYLE = """\
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; color: #222 }
code, pre, td.type { font-family: monospace }
pre { background: #f4f4f4; padding: .6em; overflow-x: auto }
table { border-collapse: collapse; margin: .5em 0 1em }
td, th { border: 1px solid #ccc; padding: .2em .6em; text-align: left; vertical-align: top }
h2 { border-bottom: 2px solid #ccc; margin-top: 2em }
.number { color: #777; font-weight: normal; font-size: 80% }
"""


def generate_html(model: Model) -> str:
    contents = "".join(f'<li><a href="#{escape(i.name)}">{escape(i.name)}</a></li>\n'
                       for i in model.interfaces)
    body = [f"<h1>Interfaces</h1>\n<ul>\n{contents}</ul>\n"]
    body += [_interface(interface, model) for interface in model.interfaces]
    loose = _definitions(model, "")
    if loose:
        body.append(f'<h2 id="definitions">Definitions outside of interfaces</h2>\n{loose}')
    return ('<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f"<title>Interfaces</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
            + "\n".join(body) + "</body>\n</html>\n")


def _doc(lines: tuple[str, ...]) -> str:
    """Blank lines part paragraphs."""
    paragraphs = [p.strip() for p in "\n".join(lines).split("\n\n")]
    return "".join(f"<p>{escape(p)}</p>\n" for p in paragraphs if p)


def _interface(interface: Interface, model: Model) -> str:
    name = escape(interface.name)
    return (f'<h2 id="{name}">{name} <span class="number">#{interface.number}</span></h2>\n'
            f"{_doc(interface.doc)}{_definitions(model, interface.name)}"
            + "".join(_message(message) for message in interface.messages))


def _definitions(model: Model, namespace: str) -> str:
    return ("".join(_const(const) for const in model.consts if const.namespace == namespace)
            + "".join(_enum(enum) for enum in model.enums if enum.namespace == namespace))


def _const(const: Const) -> str:
    text = f"const {const.name}: {const.type.spelling} = {const.value};"
    return f"<pre>{escape(text)}</pre>\n{_doc(const.doc)}"


def _enum(enum: Enum) -> str:
    anchor = f"{enum.namespace}.{enum.name}" if enum.namespace else enum.name
    rows = "".join(f"<tr><td><code>{escape(item.name)}</code></td><td>{item.value}</td>"
                   f"<td>{escape(' '.join(item.doc))}</td></tr>\n" for item in enum.items)
    return (f'<h3 id="{escape(anchor)}">enum {escape(anchor)}</h3>\n{_doc(enum.doc)}'
            f"<table>\n<tr><th>item</th><th>number</th><th></th></tr>\n{rows}</table>\n")


def _message(message: Message) -> str:
    name = escape(message.full_name)
    tables = _fields("Request" if message.reply is not None else "Fields", message.request)
    if message.reply is not None:
        tables += _fields("Reply", message.reply)
    return (f'<h3 id="{name}">{name} <span class="number">#{message.number}</span></h3>\n'
            f"<pre>{escape(_signature(message))}</pre>\n{_doc(message.doc)}{tables}")


def _signature(message: Message) -> str:
    def fields(payload: Payload) -> str:
        return "(" + ", ".join(f"{f.name}: {f.type.spelling}" for f in payload.fields) + ")"

    reply = "" if message.reply is None else f" -> {fields(message.reply)}"
    return f"{message.kind} {message.name}{fields(message.request)}{reply};"


def _fields(title: str, payload: Payload) -> str:
    if not payload.fields:
        return ""
    slots = zip(layout(payload, 8).slots, layout(payload, 4).slots)
    rows = "".join(_row(large.field, large.offset, small.offset) for large, small in slots)
    return ("<table>\n"
            f"<tr><th>{title}</th><th>type</th><th>offset (64/32 bit)</th><th></th></tr>\n"
            f"{rows}</table>\n")


def _row(field: Field, large: int, small: int) -> str:
    offset = "out of line" if field.type.is_ool else f"{large} / {small}"
    return (f"<tr><td><code>{escape(field.name)}</code></td>"
            f'<td class="type">{escape(field.type.spelling)}</td><td>{offset}</td>'
            f"<td>{escape(' '.join(field.doc))}</td></tr>\n")
