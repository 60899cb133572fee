"""Strict reading of TOML tables: a table's valid keys are declared once, everything else is an
error that names file, line, key and the nearest valid name."""

import re
from dataclasses import dataclass
from typing import Any, Callable

from resea.errors import hint, unknown

_SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


class Invalid(Exception):
    """Raised by a field's reader: what is wrong with the value."""


@dataclass
class Field:
    """One key of a table: `read` turns the TOML value into ours or raises Invalid."""

    read: Callable
    required: bool = False
    default: Any = None


def read_table(file, path, fields):
    """The values of the table at `path`, defaults filled in."""
    data = lookup(file, path)
    if not isinstance(data, dict):
        raise file.error(path, f"expects a table, not {describe(data)}")
    for key in data:
        if key not in fields:
            raise file.error(path + (key,), "unknown key" + hint(key, fields))
    return {key: _read_field(file, path + (key,), field, data.get(key))
            for key, field in fields.items()}


def lookup(file, path):
    data = file.data
    for key in path:
        data = data[key]
    return data


def _read_field(file, path, field, value):
    if value is None:
        if field.required:
            raise file.error(path[:-1], f"the key '{path[-1]}' is missing")
        return field.default
    try:
        return field.read(file, path, value)
    except Invalid as e:
        raise file.error(path, str(e)) from e


def describe(value):
    """A TOML value's type, for people."""
    names = {bool: "true or false", int: "a number", str: "a string", list: "a list",
             dict: "a table", float: "a fraction"}
    return names.get(type(value), "a date")


def _expect(value, kind, expected):
    if type(value) is not kind:
        raise Invalid(f"expects {expected}, not {describe(value)}")
    return value


def string(file, path, value):
    return _expect(value, str, "a string")


def boolean(file, path, value):
    return _expect(value, bool, "true or false")


def integer(low, high):
    """A number from `low` to `high`, both included."""
    def read(file, path, value):
        _expect(value, int, "a number")
        if not low <= value <= high:
            raise Invalid(f"{value} is out of range: {low} to {high}")
        return value
    return read


def number_range(low, high):
    """A number from `low` to `high`, or "first+count" of them; gives a list."""
    def read(file, path, value):
        if isinstance(value, str):
            first, count = address_range(high + 1)(file, path, value)
            return [integer(low, high)(file, path, n) for n in range(first, first + count)]
        return [integer(low, high)(file, path, value)]
    return read


def choice(kind, valid):
    """One of some words; `kind` is what messages call it. A dict maps the words to values."""
    def read(file, path, value):
        _expect(value, str, "a string")
        if value not in valid:
            raise Invalid(unknown(kind, value, valid))
        return valid[value] if isinstance(valid, dict) else value
    return read


def list_of(read_item):
    """A list of `read_item`s; an error names the line of the element."""
    def read(file, path, value):
        _expect(value, list, "a list")
        return [_read_field(file, path + (index,), Field(read_item), item)
                for index, item in enumerate(value)]
    return read


def one_or_list_of(read_item):
    """Either a single item or a list; gives a list."""
    def read(file, path, value):
        if isinstance(value, list):
            return list_of(read_item)(file, path, value)
        return [read_item(file, path, value)]
    return read


def table(fields):
    """A table within a table."""
    def read(file, path, value):
        return read_table(file, path, fields)
    return read


def values_table(file, path, value):
    """A table of Kconfig values: names are checked later, by Kconfig itself."""
    _expect(value, dict, "a table")
    for key, item in value.items():
        if type(item) not in (bool, int, str):
            raise file.error(path + (key,), f"expects true or false, a number or a string, "
                                            f"not {describe(item)}")
    return dict(value)


def name(max_len):
    """A server's or service's name: lower case, digits, underscores, parts joined by dots."""
    def read(file, path, value):
        _expect(value, str, "a string")
        check_name(value, max_len)
        return value
    return read


def check_name(value, max_len):
    if not _NAME.fullmatch(value):
        raise Invalid(f"'{value}' is not a name: lower-case letters, digits and underscores, "
                      f"beginning with a letter, parts joined by dots")
    if len(value) >= max_len:
        raise Invalid(f"'{value}' is too long: at most {max_len - 1} characters")


def size(file, path, value):
    """Bytes: a number, or a string like "2K", "16M", "1G"."""
    if type(value) is int and value >= 0:
        return value
    match = re.fullmatch(r"(\d+)([KMG]?)", value) if isinstance(value, str) else None
    if not match:
        raise Invalid("expects a size: a number of bytes, or a string like \"2K\" or \"16M\"")
    return int(match.group(1)) * _SIZE_UNITS[match.group(2)]


def address_range(limit):
    """"base+len" below `limit`, as (base, len)."""
    def read(file, path, value):
        match = (re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)\+(0x[0-9a-fA-F]+|\d+)([KMG]?)", value)
                 if isinstance(value, str) else None)
        if not match:
            raise Invalid("expects a range: a string like \"0x3f8+8\", base and length")
        base = int(match.group(1), 0)
        length = int(match.group(2), 0) * _SIZE_UNITS[match.group(3)]
        if length == 0:
            raise Invalid("the range is empty")
        if base + length > limit:
            raise Invalid(f"the range ends at {base + length:#x}, beyond the last address "
                          f"{limit - 1:#x}")
        return base, length
    return read
