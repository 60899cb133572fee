#ifndef __VM_MANIFEST_READER_H__
#define __VM_MANIFEST_READER_H__

/// \file
/// The board manifest, as the answer to the questions that vm asks of it. Servers are named by
/// their number; services by the number of the first table entry with their name.

#include <manifest.h>
#include <types.h>

/// Checks the whole image, so that everything below can trust it.
/// \param image  Stays where it is; aligned to 8 bytes.
/// \return       NULL if all is well, else what is wrong with it, for a log line.
const char *manifest_init(const void *image, size_t len);

size_t manifest_num_servers(void);

/// \param number  Below manifest_num_servers().
const struct manifest_server *manifest_server(unsigned number);

/// \return  The server's entry for a program of that name: its own, or the one for applications; or
///          MANIFEST_NONE. Never vm's.
unsigned manifest_find_server(const char *program);

/// \return  The first of the server's server->num_grants grants.
const struct manifest_grant *manifest_grants(const struct manifest_server *server);

/// Numbers of services are below this.
size_t manifest_num_services(void);

/// \return  The number of the service, or ERR_NOT_FOUND if no server provides it.
int manifest_find_service(const char *name);

const char *manifest_service_name(unsigned service);

bool manifest_provides(unsigned server, unsigned service);

/// Whether `from` may send to `to`. Everybody may call vm.
bool manifest_may_call(unsigned from, unsigned to);

#endif
