"""Intel HEX files, read: which bytes belong where."""

from typing import List, Tuple

from resea.errors import UserError

_DATA, _END, _SEGMENT, _START_SEGMENT, _LINEAR, _START_LINEAR = range(6)


def pieces(text: str, name: str, page: int = 1) -> List[Tuple[int, bytes]]:
    """The contents as (address, bytes), in the order of addresses. What lies in one page, or in the
    next one, is one piece; what is not said in between is 0xff, as in empty flash."""
    found: List[Tuple[int, bytearray]] = []
    for address, data in sorted(_records(text, name)):
        end = found[-1][0] + len(found[-1][1]) if found else 0
        if found and address < end:
            raise UserError(name, f"says twice what is at {address:#x}")
        if found and address // page <= (end - 1) // page + 1:
            found[-1][1].extend(b"\xff" * (address - end) + data)
        else:
            found.append((address, bytearray(data)))
    return [(address, bytes(data)) for address, data in found]


def without_empty_pages(found, page: int) -> List[Tuple[int, bytes]]:
    """Pieces without the pages that have nothing but 0xff. They are cut at pages' borders."""
    kept: List[Tuple[int, bytes]] = []
    for address, data in found:
        at = 0
        while at < len(data):
            end = at + page - (address + at) % page
            part = data[at:end]
            if part.strip(b"\xff"):
                if kept and kept[-1][0] + len(kept[-1][1]) == address + at:
                    kept[-1] = (kept[-1][0], kept[-1][1] + part)
                else:
                    kept.append((address + at, part))
            at = end
    return kept


def _records(text, name):
    """(address, bytes) of each line with data."""
    base = 0
    for number, line in enumerate(text.split(), 1):
        try:
            record = bytes.fromhex(line.removeprefix(":"))
        except ValueError:
            record = b""
        if line[0] != ":" or len(record) < 5 or len(record) != record[0] + 5 or sum(record) & 0xff:
            raise UserError(f"{name}:{number}", "is no line of an Intel HEX file, or is damaged")
        offset, kind, data = int.from_bytes(record[1:3], "big"), record[3], record[4:-1]
        if kind == _DATA:
            yield base + offset, data
        elif kind in (_SEGMENT, _LINEAR):
            base = int.from_bytes(data, "big") << (4 if kind == _SEGMENT else 16)
