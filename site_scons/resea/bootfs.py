"""Writes bootfs, the programs that a board boots with: libs/common/include/bootfs.h."""

import struct

from resea.output import size

_MAGIC = 0x46425352
_VERSION = 1
_HEADER = struct.Struct("<IIQIIIIIIII")
_FILE = struct.Struct("<48sIIII")


def pack(init, files, page_size, aliases=None, twins=None):
    """The image's bytes. `init` is an elf.FlatImage, `files` a list of (name, bytes); `aliases`
    maps further names to names of files, and `twins` those of files with the same bytes."""
    aliases, twins = aliases or {}, twins or {}
    init_off = _align(_HEADER.size, page_size)
    files_off = init_off + len(init.data)
    off = _align(files_off + (len(files) + len(aliases) + len(twins)) * _FILE.size, page_size)
    places, contents = {}, []
    for name, data in files:
        places[name] = (off, len(data))
        contents.append(_padded(data, page_size))
        off += len(contents[-1])
    places.update({twin: places[name] for twin, name in twins.items()})
    entries = _entries(places, aliases)
    header = _HEADER.pack(_MAGIC, _VERSION, init.entry, init_off, init.text_len, init.ro_len,
                          init.rw_len, files_off, len(entries), off, 0)
    table = _padded(b"".join([init.data] + entries), page_size)
    return b"".join([_padded(header, page_size), table] + contents)


def _entries(places, aliases):
    """The table, in the order of the names' bytes: vm halves it to find one."""
    names = sorted([*places, *aliases], key=str.encode)
    numbers = {name: number for number, name in enumerate(names, start=1)}
    return [_FILE.pack(name.encode(), *places[aliases.get(name, name)],
                       numbers[aliases[name]] if name in aliases else 0, 0)
            for name in names]


def _align(value, page_size):
    return -(-value // page_size) * page_size


def _padded(data, page_size):
    return data.ljust(_align(len(data), page_size), b"\0")


def summary(image):
    """A short table of what an image holds, as lines of text."""
    header = _HEADER.unpack_from(image)
    init_len, files_off, num_files = sum(header[4:7]), header[7], header[8]
    rows, seen = [("vm", init_len)], set()
    for index in range(num_files):
        name, off, length, alias, _ = _FILE.unpack_from(image, files_off + index * _FILE.size)
        if not alias and off not in seen:
            rows.append((name.rstrip(b"\0").decode(), length))
            seen.add(off)
    cells = [f"{name} {size(length)}" for name, length in rows]
    lines = [f"bootfs: {size(len(image))}, {len(rows)} files"]
    width = max(map(len, cells)) + 2
    per_line = max(1, 90 // width)
    for start in range(0, len(cells), per_line):
        lines.append("  " + "".join(c.ljust(width) for c in cells[start:start + per_line]).rstrip())
    return lines


def assembly(path, page_size):
    """The source of the object by which the kernel holds the image."""
    return "\n".join(['.section .bootfs, "a"', f".balign {page_size}",
                      ".global __bootfs, __bootfs_end", "__bootfs:", f'.incbin "{path}"',
                      "__bootfs_end:", ""])
