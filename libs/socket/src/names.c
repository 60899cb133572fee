#include <error_name.h>
#include <idl_client.h>
#include <resea/malloc.h>
#include <string.h>
#include <vprintf.h>

#include "server.h"

/// How often a name is asked for again when the server ends meanwhile.
#define TRIES 4

static error_t resolve(const char *hostname, void **data, size_t *len) {
    error_t err = ERR_ABORTED;
    for (int i = 0; i < TRIES && err == ERR_ABORTED; i++) {
        task_t server = socket_server();
        err = IS_ERROR(server) ? server
                               : server_check(call_socket_resolve(server, hostname, data, len));
    }
    return err;
}

error_t socket_resolve(const char *hostname, struct ip_addr addrs[SOCKET_ADDRESSES_MAX],
                       unsigned *count) {
    void *data = NULL;
    size_t len = 0;
    // An address needs no server to be understood.
    if (IS_OK(ip_addr_parse(hostname, &addrs[0]))) {
        *count = 1;
        return OK;
    }
    error_t err = resolve(hostname, &data, &len);
    if (IS_ERROR(err)) {
        return err;
    }
    *count = (unsigned) MIN(len / sizeof(*addrs), (size_t) SOCKET_ADDRESSES_MAX);
    memcpy(addrs, data, *count * sizeof(*addrs));
    free(data);
    return (*count > 0) ? OK : ERR_NOT_FOUND;
}

/// A decimal number up to 65535 that goes on to the text's end.
static error_t parse_port(const char *text, uint16_t *port) {
    unsigned number = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && number <= UINT16_MAX; digit++) {
        number = number * 10 + (unsigned) (*digit - '0');
    }
    if (digit == text || *digit != '\0' || number > UINT16_MAX) {
        return ERR_INVALID_ARG;
    }
    *port = (uint16_t) number;
    return OK;
}

error_t socket_parse_address(const char *text, uint16_t default_port,
                             struct socket_address *address) {
    address->port = default_port;
    if (IS_OK(ip_addr_parse(text, &address->ip))) {
        return OK;
    }
    bool has_brackets = (text[0] == '[');
    const char *begin = has_brackets ? &text[1] : text;
    const char *end = strchr(begin, has_brackets ? ']' : ':');
    char addr[IP_ADDR_TEXT_LEN];
    if (end == NULL || (size_t) (end - begin) >= sizeof(addr)) {
        return ERR_INVALID_ARG;
    }
    memcpy(addr, begin, (size_t) (end - begin));
    addr[end - begin] = '\0';
    error_t err = ip_addr_parse(addr, &address->ip);
    const char *rest = has_brackets ? &end[1] : end;
    if (IS_ERROR(err) || *rest == '\0') {
        return err;
    }
    return (*rest == ':') ? parse_port(&rest[1], &address->port) : ERR_INVALID_ARG;
}

void socket_format_address(const struct socket_address *address,
                           char text[SOCKET_ADDRESS_TEXT_LEN]) {
    char addr[IP_ADDR_TEXT_LEN];
    ip_addr_format(&address->ip, addr);
    const char *format = ip_addr_is_v4(&address->ip) ? "%s:%u" : "[%s]:%u";
    snprintf(text, SOCKET_ADDRESS_TEXT_LEN, format, addr, address->port);
}

static const struct {
    error_t err;
    const char *text;
} texts[] = {
    {ERR_TIMED_OUT, "no answer came in time"},
    {ERR_REFUSED, "connection refused"},
    {ERR_RESET, "connection reset by the other side"},
    {ERR_UNREACHABLE, "no way leads there"},
    {ERR_NOT_FOUND, "no such host"},
    {ERR_UNAVAILABLE, "there is no name server"},
    {ERR_IN_USE, "the port is in use"},
    {ERR_ABORTED, "the TCP/IP server has ended"},
    {ERR_NO_MEMORY, "out of memory"},
    {ERR_TOO_LARGE, "too long or too large"},
    {ERR_INVALID_ARG, "not a valid address"},
    {ERR_END, "the connection has ended"},
    {ERR_NOT_PERMITTED, "not permitted"},
};

const char *socket_error_text(error_t err) {
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (texts[i].err == err) {
            return texts[i].text;
        }
    }
    return error_name(err);
}
