"""What the gdb commands print, as plain text functions: gdb_commands.py has the rest."""

# As in libs/common/include/message.h.
_METHOD_BITS = 8
_REPLY = 1 << 8
_INTERFACE_SHIFT = 9
_INTERFACE_BITS = 10
_LEN_SHIFT = 19
_LEN_BITS = 5
_OOL_SHIFT = 24
_OOL = ("", " + bytes", " + str", " + ?")

_SLOT_BITS = 10

# enum task_state of libs/common/include/kernel_abi.h.
STATES = ("unused", "ready", "running", "sending", "receiving", "faulted", "stopped", "syncing",
          "dying", "created")


def table(rows):
    """Lines of left-aligned columns; the first row is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()
                     for row in rows)


def task_id(tid):
    """A task ID as people see it: the slot, and the generation if it's not the first."""
    slot, generation = tid & ((1 << _SLOT_BITS) - 1), tid >> _SLOT_BITS
    return f"#{slot}" + (f".{generation}" if generation else "")


def state(number):
    """A task state's name."""
    return STATES[number] if 0 <= number < len(STATES) else f"state {number}?"


def waiting(number, waits_for, names):
    """What a task waits for, in words."""
    who = "anybody" if waits_for == 0 else f"{task_id(waits_for)} {names.get(waits_for, '?')}"
    if state(number) == "sending":
        return "to send to " + who
    return "for " + who if state(number) == "receiving" else ""


def message_names(document):
    """{(interface, method): name} from what the IDL compiler tells tools (resea.idl, as JSON)."""
    return {(interface["number"], message["number"]): message["name"]
            for interface in document["interfaces"] for message in interface["messages"]}


def message_type(number, names=None):
    """A message type: its name if it's known, and what its bits say. `names` maps (interface,
    method) to the name of the message."""
    if number < 0:
        return f"error {number}"
    method = number & ((1 << _METHOD_BITS) - 1)
    interface = number >> _INTERFACE_SHIFT & ((1 << _INTERFACE_BITS) - 1)
    words = number >> _LEN_SHIFT & ((1 << _LEN_BITS) - 1)
    name = (names or {}).get((interface, method), f"interface {interface}, method {method}")
    reply = " reply" if number & _REPLY else ""
    return f"{name}{reply}: {words} words{_OOL[number >> _OOL_SHIFT & 3]}"
