"""How deep the kernel's stack gets, out of its machine code."""

import pytest

from resea import kernel_size
from resea.errors import UserError

CODE = """
00000100 <armv6m_svc_entry>:
     100:\tb570      \tpush\t{r4, r5, r6, lr}
     102:\tf000 f801 \tbl\t200 <kernel_syscall>
00000200 <kernel_syscall>:
     200:\tb510      \tpush\t{r4, lr}
     202:\tb082      \tsub\tsp, #8
     204:\t4798      \tblx\tr3
     206:\tbc08      \tpop\t{r3}
     208:\t4718      \tbx\tr3
00000300 <do_nop>:
     300:\t4770      \tbx\tlr
00000310 <do_info>:
     310:\tb5f0      \tpush\t{r4, r5, r6, r7, lr}
     312:\te7f0      \tb.n\t400 <deep.constprop.0>
00000320 <do_work>:
     320:\tb0ff      \tsub\tsp, #508
00000400 <deep.constprop.0>:
     400:\tb0a0      \tsub\tsp, #128
     402:\tf000 f801 \tbl\t500 <panic>
     404:\tf000 f801 \tbl\t400 <deep.constprop.0>
00000500 <panic>:
     500:\tb0ff      \tsub\tsp, #508
00000600 <armv6m_start>:
     600:\tf000 f801 \tbl\t700 <arch_idle>
00000700 <arch_idle>:
     700:\tb5f0      \tpush\t{r4-r7, lr}
     702:\t4700      \tbx\tr0
00000800 <armv6m_idle_interrupt>:
     800:\tb0a0      \tsub\tsp, #100
"""


def test_the_deepest_way_is_found():
    needed, names = kernel_size.deepest_stack(CODE)
    assert needed == 16 + 16 + 20 + 128
    assert names == ["armv6m_svc_entry", "kernel_syscall", "do_info", "deep.constprop.0"]


def test_an_interrupt_while_idle_counts():
    deeper = CODE.replace("sub\tsp, #100", "sub\tsp, #400")
    needed, names = kernel_size.deepest_stack(deeper)
    assert needed == 20 + 32 + 400
    assert names == ["armv6m_start", "arch_idle", "armv6m_idle_interrupt"]


def test_calls_through_unknown_pointers_are_refused():
    with pytest.raises(UserError, match="deep.constprop.0 calls through a pointer"):
        kernel_size.deepest_stack(CODE.replace("bl\t500 <panic>", "blx\tr2"))


def test_frames_of_unknown_size_are_refused():
    with pytest.raises(UserError, match="do_info makes a frame whose size isn't seen"):
        kernel_size.deepest_stack(CODE.replace("b.n\t400 <deep.constprop.0>", "add\tsp, r3"))
