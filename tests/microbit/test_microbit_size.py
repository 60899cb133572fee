"""The kernel's size on the micro:bit, and whether its stack is large enough."""

from resea import kernel_size
from support import builds

FLASH_MAX = 10 * 1024  # A release build's, without the program table.
RAM_MAX = 1536  # With ten tasks and the kernel's stack, without the log.


def size(mode):
    folder = builds.build("microbit", mode)
    num_tasks = int(builds.config("microbit", mode)["CONFIG_NUM_TASKS"])
    return kernel_size.measure(folder / "resea.elf", num_tasks)


def test_the_release_kernel_fits(figure):
    found = size("release")
    figure("kernel flash", found.flash)
    figure("kernel RAM, 10 tasks", found.ram_for(10))
    assert found.flash <= FLASH_MAX
    assert found.ram_for(10) <= RAM_MAX


def test_no_way_through_the_kernel_needs_more_stack_than_there_is(mode):
    found = size(mode)
    assert found.stack_needed <= found.stack, " > ".join(found.deepest)
    # A measurement that has overlooked a system call's way, or that of an interrupt, tells less.
    assert found.stack_needed > 200
