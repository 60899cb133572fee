"""Commands that a guest is given on the kernel's command line, and what each of them has printed:
while the system starts, drivers may print in between what is typed."""

import re

from resea import qemu


def outputs(machines, commands, mode="debug", succeeds=True, **setup):
    """Boots, has the commands run, and returns what each printed; lines of servers are left out."""
    guest = machines.boot(mode, cmdline=f'run="{"; ".join(commands)}"', **setup)
    status = guest.wait()
    assert status == (qemu.EXIT_SUCCESS if succeeds else qemu.EXIT_FAILURE)
    parts = re.split(r"^resea> .*\n", guest.text(), flags=re.MULTILINE)[1:]
    assert len(parts) == len(commands), guest.text()
    return ["".join(line + "\n" for line in part.splitlines() if not line.startswith("["))
            for part in parts]
