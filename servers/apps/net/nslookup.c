#include <idl_client.h>
#include <resea/printf.h>
#include <socket.h>
#include <string.h>

#include "commands.h"
#include "say.h"

static void print_servers(void) {
    task_t server = socket_server();
    struct ip_addr addr;
    for (unsigned i = 0; IS_OK(server) && IS_OK(call_netinfo_name_server(server, i, addr.bytes));
         i++) {
        char text[IP_ADDR_TEXT_LEN];
        ip_addr_format(&addr, text);
        printf("name server: %s\n", text);
    }
}

static bool look_up(const char *hostname) {
    struct ip_addr addrs[SOCKET_ADDRESSES_MAX];
    unsigned count;
    if (!say(hostname, socket_resolve(hostname, addrs, &count))) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        char text[IP_ADDR_TEXT_LEN];
        ip_addr_format(&addrs[i], text);
        printf("%s: %s\n", hostname, text);
    }
    return true;
}

int nslookup(const struct args *args) {
    bool ok = true;
    print_servers();
    for (int i = 0; i < args->count; i++) {
        ok = look_up(args->words[i]) && ok;
    }
    return ok ? 0 : STATUS_FAILED;
}
