"""What the kernel of a small board takes: flash, RAM, and the deepest that its stack can get.

The stack is found in the machine code: what each function pushes, and whom it calls. Calls through
pointers are listed here; a function that makes one and isn't is an error, so that no way is
overlooked.
"""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from resea.errors import UserError

# Who is called through pointers: the table of system calls, the console's output, backtraces.
_HANDLERS = re.compile(r"do_(?!work)\w+$|light_\w+$")
_INDIRECT = {
    "armv6m_svc_entry": re.compile(r"light_\w+$"),
    "kernel_syscall": _HANDLERS,
    "armv6m_syscall": _HANDLERS,  # Where the optimiser has put the former into it.
    "emit": re.compile(r"put$"),
    "format_small": re.compile(r"put$"),
    "print_text": re.compile(r"put$"),
    "scan": re.compile(r"print_frame$"),
    "arch_task_backtrace": re.compile(r"print_frame$"),
    "run": re.compile(r"cmd_\w+$"),
}
# Branches to a register that are no calls: how exceptions end, and switches through tables.
_NO_CALLS = re.compile(r"arch_idle|arch_resume|armv6m_pendsv_entry|__gnu_thumb1_case_\w+$")
# The way of an interrupt that comes while the CPU idles: what the processor pushes; the handler.
_IDLE, _IDLE_FRAME, _IDLE_HANDLER = "arch_idle", 32, "armv6m_idle_interrupt"
# Not counted: a panic may use the log's memory below the stack.
_ENDS = re.compile(r"panic$")

_FUNCTION = re.compile(r"[0-9a-f]+ <([^>]+)>:$")
_PUSH = re.compile(r"\tpush\t\{([^}]*)\}")
_SUB = re.compile(r"\tsub\tsp, #(\d+)")
_SUB_REG = re.compile(r"\tadd\tsp, r\d")
_JUMP = re.compile(r"\tb[a-z]*(?:\.[nw])?\t[0-9a-f]+ <([^>+]+)>")
_REGISTER_CALL = re.compile(r"\tblx?\t(r\d)|\tbx\t(r\d)")
_POP = re.compile(r"\tpop\t\{(r\d)\}")


@dataclass
class Size:
    """Bytes. `ram` is data, bss and stack, without the log; `flash` is without the table of the
    programs, which is as long as the manifest makes it."""

    flash: int
    ram: int
    stack: int  # what there is
    log: int
    task: int  # a slot of the task table
    num_tasks: int
    stack_needed: int
    deepest: list  # names of functions, outermost first

    def ram_for(self, num_tasks):
        """What it would be with another number of task slots."""
        return self.ram + (num_tasks - self.num_tasks) * self.task


def measure(path, num_tasks, prefix="arm-none-eabi-"):
    """The Size of a kernel, an ELF file."""
    with open(path, "rb") as file:
        elf = ELFFile(file)
        sections = {s.name: s["sh_size"] for s in elf.iter_sections()}
        symbols = {s.name: s for s in elf.get_section_by_name(".symtab").iter_symbols()}

    def size_of(name):
        return symbols[name]["st_size"] if name in symbols else 0

    table = symbols["__program_table_end"]["st_value"] - symbols["__program_table"]["st_value"]
    names = symbols["__symtab_end"]["st_value"] - symbols["__symtab"]["st_value"]
    log, stack = size_of("klog"), size_of("armv6m_stack")
    ram = sections[".stack"] + sections[".data"] + sections[".bss"] - log
    needed, deepest = deepest_stack(disassemble(path, prefix))
    return Size(flash=sections[".text"] + sections[".rodata"] + sections[".data"] - table - names,
                ram=ram, stack=stack, log=log, task=size_of("tasks") // num_tasks,
                num_tasks=num_tasks, stack_needed=needed, deepest=deepest)


def disassemble(path, prefix):
    done = subprocess.run([prefix + "objdump", "-d", str(path)], stdout=subprocess.PIPE, text=True,
                          check=True)
    return done.stdout


def _count(registers):
    """How many a push names: "r4, r5, lr" or "r4-r7"."""
    number = 0
    for name in registers.split(","):
        first, _, last = name.strip().partition("-")
        number += int(last[1:]) - int(first[1:]) + 1 if last else 1
    return number


def _plain(name):
    """A function's name in the source: optimisers add suffixes to it."""
    return name.split(".")[0]


def _parse(text):
    """What each function pushes, and whom it calls: {name: bytes}, {name: set of names}."""
    frames, calls = {}, {}
    current = popped = None
    for line in text.splitlines():
        start = _FUNCTION.match(line)
        if start:
            current = start[1]
            frames[current], calls[current] = 0, set()
            continue
        if current is None:
            continue
        push, sub, jump = _PUSH.search(line), _SUB.search(line), _JUMP.search(line)
        frames[current] += 4 * _count(push[1]) if push else 0
        frames[current] += int(sub[1]) if sub else 0
        if _SUB_REG.search(line):
            raise UserError("kernel stack", f"{current} makes a frame whose size isn't seen")
        if jump and jump[1] != current:
            calls[current].add(jump[1])
        pop, register = _POP.search(line), _REGISTER_CALL.search(line)
        popped = pop[1] if pop else popped
        # A jump to what has just been popped is a return.
        if (register and (register[1] or register[2] != popped)
                and not _NO_CALLS.match(current)):
            if _plain(current) not in _INDIRECT:
                raise UserError("kernel stack", f"{current} calls through a pointer: "
                                "kernel_size._INDIRECT must say whom")
    for name in frames:
        pattern = _INDIRECT.get(_plain(name))
        if pattern:
            calls[name] |= {callee for callee in frames if pattern.match(_plain(callee))}
    if _IDLE in frames:
        frames[_IDLE] += _IDLE_FRAME
        calls[_IDLE].add(_IDLE_HANDLER)
    return frames, calls


def deepest_stack(text, roots=("armv6m_svc_entry", "armv6m_interrupt", "armv6m_fault",
                               "armv6m_start", "armv6m_bad_stack")):
    """The bytes that the kernel's stack takes at most, and the functions that take them."""
    frames, calls = _parse(text)
    known = {}

    def worst(name, trail):
        if name in trail or name not in frames or _ENDS.match(_plain(name)):
            return 0, []
        if name not in known:
            below = max((worst(callee, trail + (name,)) for callee in calls[name]),
                        default=(0, []), key=lambda found: found[0])
            known[name] = frames[name] + below[0], [name] + below[1]
        return known[name]

    return max((worst(root, ()) for root in roots), key=lambda found: found[0])


def describe(size):
    """Lines for people."""
    return [f"kernel: flash {size.flash}, RAM {size.ram} bytes with {size.num_tasks} tasks of "
            f"{size.task} bytes, {size.ram_for(10)} with 10; log {size.log}",
            f"kernel stack: {size.stack} bytes, {size.stack_needed} needed at most: "
            + " > ".join(size.deepest)]


def main(folder):
    """Prints what a build's kernel takes."""
    config = (Path(folder) / "include/config.h").read_text()
    num_tasks = int(re.search(r"CONFIG_NUM_TASKS (\d+)", config)[1])
    print("\n".join(describe(measure(Path(folder) / "resea.elf", num_tasks))))


if __name__ == "__main__":
    import sys
    main(sys.argv[1])
