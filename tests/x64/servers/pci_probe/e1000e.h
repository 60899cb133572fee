#ifndef __PCI_PROBE_E1000E_H__
#define __PCI_PROBE_E1000E_H__

/// Has two vectors of QEMU's e1000e interrupt, by MSI-X, `count` times each; ends the program unless all come.
void e1000e_interrupt(int count);

#endif
