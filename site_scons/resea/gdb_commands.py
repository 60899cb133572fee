"""Commands for gdb that know Resea's tasks and messages. `scons debug` loads this into gdb.

    resea tasks           all tasks, their states and whom they wait for
    resea message TASK    the message in a task's struct (TASK: a slot number or a name)
    resea cpus            what each CPU runs
    resea boot            runs up to the kernel's first C function
    resea server NAME     takes a server's symbols in, in place of the last one's
"""

import json
import os
import sys
from pathlib import Path

import gdb

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "site_scons"))

from resea import gdb_text as text  # noqa: E402 (the path above comes first)
from resea import idl  # noqa: E402

# The kernel's first portable function.
ENTRY = "kernel_boot"


def all_tasks():
    """The structs of all used slots."""
    array = gdb.parse_and_eval("tasks")
    low, high = array.type.range()
    return [array[slot] for slot in range(low, high + 1) if int(array[slot]["tid"]) != 0]


def message_names():
    """The names of the tree's messages."""
    folder = TOP / "idl"
    model = idl.compile_files(sorted(folder.glob("*.idl")), lock=folder / "ordinals.lock")
    return text.message_names(json.loads(idl.generate_json(model)))


def find_task(name):
    """The task in a slot or with a name."""
    for task in all_tasks():
        slot = text.task_id(int(task["tid"]))[1:].split(".")[0]
        if name.lstrip("#") in (slot, task["name"].string()):
            return task
    raise gdb.GdbError(f"there is no task '{name}'; resea tasks lists them")


def build_folder():
    """Where the kernel that is being debugged was built."""
    name = gdb.current_progspace().filename
    if not name:
        raise gdb.GdbError("no program is loaded; start gdb with scons debug")
    return os.path.dirname(os.path.abspath(name))


class Resea(gdb.Command):
    """Looks at Resea's tasks, messages and CPUs; "help resea" lists the commands."""

    def __init__(self):
        super().__init__("resea", gdb.COMMAND_DATA, prefix=True)


class Tasks(gdb.Command):
    """All tasks: state, CPU, priority, and whom they wait for."""

    def __init__(self):
        super().__init__("resea tasks", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        tasks = all_tasks()
        names = {int(task["tid"]): task["name"].string() for task in tasks}
        rows = [("task", "name", "state", "cpu", "prio", "pager", "pending", "waits")]
        print(text.table(rows + [self.row(task, names) for task in tasks]))

    @staticmethod
    def row(task, names):
        """One task's line."""
        state = int(task["state"])
        return (text.task_id(int(task["tid"])), task["name"].string(), text.state(state),
                str(int(task["cpu"])), str(int(task["priority"])),
                text.task_id(int(task["pager"])), f"{int(task['notifications']):#x}",
                text.waiting(state, int(task["waits_for"]), names))


class Message(gdb.Command):
    """The message that a task is sending, or that is about to reach it."""

    def __init__(self):
        super().__init__("resea message", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        message = find_task(argument.strip())["msg"]
        print(text.message_type(int(message["type"]), message_names()))
        print(f"from {text.task_id(int(message['src']))}")
        gdb.execute(f"x/8gx {int(message['raw'].address):#x}")


class Cpus(gdb.Command):
    """What each CPU runs."""

    def __init__(self):
        super().__init__("resea cpus", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        rows = [("cpu", "runs", "ready", "switches")]
        array = gdb.parse_and_eval("cpus")
        for index in range(int(gdb.parse_and_eval("num_cpus"))):
            cpu = array[index]
            current = cpu["current"]
            runs = current.dereference()["name"].string() if int(current) else "idle"
            rows.append((str(index), runs, str(int(cpu["num_ready"])), str(int(cpu["switches"]))))
        print(text.table(rows))


class Boot(gdb.Command):
    """Runs up to the kernel's first C function, with paging on: software breakpoints work then."""

    def __init__(self):
        super().__init__("resea boot", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        gdb.execute(f"thbreak {ENTRY}")
        gdb.execute("continue")


class Server(gdb.Command):
    """Takes in a server's symbols. All servers have the same addresses, so only one at a time."""

    loaded = None

    def __init__(self):
        super().__init__("resea server", gdb.COMMAND_FILES)

    def invoke(self, argument, from_tty):
        path = os.path.join(build_folder(), "servers", argument.strip() + ".elf")
        if not os.path.isfile(path):
            names = sorted(name[:-4] for name in os.listdir(os.path.dirname(path))
                           if name.endswith(".elf"))
            raise gdb.GdbError(f"there is no server '{argument}'; valid: {', '.join(names)}")
        if Server.loaded:
            gdb.execute(f"remove-symbol-file {Server.loaded}")
        # The addresses in the file are the ones it runs at.
        gdb.execute(f"add-symbol-file {path} -o 0")
        Server.loaded = path

    def complete(self, line, word):
        names = os.listdir(os.path.join(build_folder(), "servers"))
        return [name[:-4] for name in names if name.startswith(word) and name.endswith(".elf")]


for kind in (Resea, Tasks, Message, Cpus, Boot, Server):
    kind()
