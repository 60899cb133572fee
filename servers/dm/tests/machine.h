#ifndef __MACHINE_H__
#define __MACHINE_H__

/// \file
/// A PCI bus for the unit tests: config_space.h, and what dm asks of kernel and vm.

#include <kernel_abi.h>
#include <message.h>
#include <types.h>

#define MACHINE_FUNCTIONS_MAX          512
#define ADDRESS(bus, device, function) (((bus) << 8) | ((device) << 3) | (function))

struct function {
    uint32_t address;
    uint8_t bytes[256];
    uint8_t writable[256];  ///< The bits of each byte that keep what is written.
    /// Called after a write, if not NULL.
    void (*written)(struct function *function, unsigned offset);
};

/// An empty bus, nothing granted, nobody served.
void machine_reset(void);

/// A function without ranges and capabilities. Its config space can be changed at will.
struct function *machine_add(uint32_t address, uint16_t vendor_id, uint16_t device_id,
                             uint32_t class);
struct function *machine_add_bridge(uint32_t address, uint8_t secondary);
/// All functions of all buses read as this word, wherever one looks; 0: they don't.
void machine_flood(uint32_t word);

uint32_t function_get(const struct function *function, unsigned offset, unsigned size);
void function_set(struct function *function, unsigned offset, unsigned size, uint32_t value);
/// Gives it a base address register of that length, a power of two. `flags` are the register's lowest bits.
void function_set_bar(struct function *function, unsigned index, uint64_t addr, uint64_t len,
                      uint32_t flags);
/// Adds a capability in front of the others.
void function_add_capability(struct function *function, unsigned offset, uint8_t id);

/// Memory that a device's registers are in.
#define MACHINE_MEMORY_LEN 0x10000
extern uint8_t machine_memory[MACHINE_MEMORY_LEN];
/// Where dm has mapped it from; 0 if nothing is mapped.
paddr_t machine_mapped(void);

/// How often the config space was read.
unsigned machine_reads(void);

/// What was granted last: `len` is 0 if nothing was since the last call.
struct granted {
    task_t task;
    int kind;
    uintptr_t base;
    size_t len;
};
struct granted machine_granted(void);
/// What sys_grant is going to return.
void machine_set_grant_error(error_t err);

/// Has `client` send dm a message. Returns the answer's type: an error, or the reply in *m.
int machine_ask(task_t client, struct message *m);
/// The answer that a client got meanwhile; DONT_REPLY if it waits.
int machine_answer(task_t client, struct message *m);
/// Time goes by. Returns whether dm's timer has gone off.
bool machine_advance(msec_t ms);
/// Whose memory vm is to keep, the last one dm asked for.
task_t machine_held(void);
/// Whose memory dm has had freed since the last call; 0: nobody's.
task_t machine_released(void);
/// How many drivers vm ends when dm starts.
void machine_set_drivers_to_end(unsigned count);
/// The ID of the task whose end dm wants to be told of, the last one it asked for; 0: none.
task_t machine_watched(void);

#endif
