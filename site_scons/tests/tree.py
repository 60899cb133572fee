"""A tree small enough to be built in seconds, for tests that run scons for real."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]

FILES = {
    "arch/toy/arch.toml": """
description = "A toy"
triple = "x86_64-unknown-none-elf"
page_size = 4096
ports = true
image = "elf32-i386"
[kernel]
cflags = ["-mno-red-zone", "-mgeneral-regs-only"]
cflags_debug = ["-fno-sanitize=all"]
[user]
cflags_debug = ["-fno-sanitize=all"]
cflags_libs = ["-DTOY_LIBRARY"]
""",
    "arch/toy/include/arch_types.h": "#define PAGE_SIZE 4096\n",
    "arch/toy/kernel/SConscript": """
Import("env")
env.ReseaKernelPart(sources=["toy.c"])
""",
    "arch/toy/kernel/toy.c": "int toy(void);\nint toy(void) { return 7; }\n",
    "arch/toy/user/SConscript": """
Import("env")
env.ReseaLibrary(name="arch", sources=["start.S"])
""",
    "arch/toy/user/start.S": ".global _start\n_start: call main\n",
    "arch/toy/user/user.ld": """
ENTRY(_start)
PHDRS { text PT_LOAD FLAGS(5); ro PT_LOAD FLAGS(4); rw PT_LOAD FLAGS(6); }
SECTIONS {
    . = 0x1000000;
    .text : { *(.text .text.*) } :text
    . = ALIGN(4096);
    .rodata : { *(.rodata .rodata.*) } :ro
    . = ALIGN(4096);
    .data : { *(.data .data.*) } :rw
    .bss : { *(.bss .bss.*) } :rw
    /DISCARD/ : { *(.comment .note .note.* .eh_frame) }
}
""",
    "boards/toy/board.toml": """\
[board]
arch = "toy"
description = "A toy"

[kernel]
num_tasks = 16

[server.rand]
autostart = true
provides = ["random"]
options = { seed = 5 }

[app_default]
programs = ["hello"]

[images]
"toy.hex" = "ihex"
""",
    "boards/toy/SConscript": """
Import("env")
env.ReseaKernelPart(sources=["board.c"])
""",
    "boards/toy/board.c": "void board_init(void);\nvoid board_init(void) {}\n",
    "boards/toy/kernel.ld": """
ENTRY(boot)
SECTIONS {
    . = 0x100000;
    .text : { *(.text .text.*) }
    . = ALIGN(4096);
    .rodata : { *(.rodata .rodata.*) KEEP(*(.bootfs)) }
    .symtab_resea : { KEEP(*(.symtab_resea)) }
    . = ALIGN(4096);
    .data : { *(.data .data.*) *(.bss .bss.*) }
    /DISCARD/ : { *(.comment .note .note.* .eh_frame) }
}
""",
    "kernel/Kconfig": """
config NUM_TASKS
    int "Task slots"
    default 128
    range 4 1023

config NUM_IRQS
    int "Interrupt lines"
    default 64

config GREETING
    string "Greeting"
    default "hi"

config KDEBUG
    bool "Kernel debugger"
    default DEBUG
""",
    "kernel/SConscript": """
Import("env")
env.ReseaKernelPart(sources=["main.c"])
""",
    "kernel/main.c": """
#include <config.h>
void board_init(void);
int toy(void);
int boot(void);
extern char __bootfs[], __symtab[];
int boot(void) {
    board_init();
    return toy() + common() + CONFIG_NUM_TASKS + __bootfs[0] + __symtab[0];
}
""".replace("#include <config.h>", "#include <config.h>\n#include <common.h>"),
    "libs/common/SConscript": """
Import("env")
env.ReseaLibrary(name="common", sources=["common.c"])
""",
    "libs/common/include/common.h": "int common(void);\n",
    "libs/common/common.c": "#include <common.h>\nint common(void) { return 1; }\n",
    "libs/resea/SConscript": """
Import("env")
env.ReseaLibrary(name="resea", sources=["resea.c"], libs=["common"])
""",
    "libs/resea/include/resea.h": "int resea(void);\n",
    "libs/resea/resea.c": "#include <common.h>\n#include <resea.h>\n"
                          "int resea(void) { return common(); }\n",
    "idl/.keep": "",
}
PROGRAMS = {
    "vm": "",
    "rand": "",
    "hello": "",
}
RAND_KCONFIG = """\
config RAND_SEED
    int "Seed"
    default 1
    range 0 99
"""


def make(folder):
    """Writes the tree into `folder`, which shares the real tree's build package."""
    files = dict(FILES)
    for name in PROGRAMS:
        files[f"servers/{name}/SConscript"] = f"""
Import("env")
env.ReseaServer(name="{name}", sources=["main.c"])
"""
        files[f"servers/{name}/main.c"] = """
#include <config.h>
#include <resea.h>
int main(void);
int data = 3, bss[3000];
const int constant = 5;
int main(void) { return resea() + data + bss[1] + constant; }
"""
    files["servers/rand/Kconfig"] = RAND_KCONFIG
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name in ("SConstruct", "site_scons"):
        (folder / name).symlink_to(TOP / name)
    return folder


def start(folder, *arguments):
    """Starts scons."""
    env = {**os.environ, "PWD": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, shutil.which("scons"), *arguments], cwd=folder,
                            env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def scons(folder, *arguments):
    """Runs scons; gives its exit status and output, without what SCons itself says."""
    run = start(folder, *arguments)
    output = run.communicate(timeout=120)[0]
    lines = [line for line in output.splitlines() if not line.startswith("scons: ")]
    return run.returncode, "\n".join(lines)
