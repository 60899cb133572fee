#include "settings.h"

#include <config.h>
#include <resea/printf.h>
#include <resea/syscall.h>
#include <string.h>

/// Of a kind.
#define SERVERS_MAX 2

bool settings_next_word(const char **text, char *word, size_t len) {
    while (**text == ' ') {
        (*text)++;
    }
    const char *begin = *text;
    while (**text != '\0' && **text != ' ') {
        (*text)++;
    }
    size_t word_len = (size_t) (*text - begin);
    if (word_len == 0 || word_len >= len) {
        return false;
    }
    memcpy(word, begin, word_len);
    word[word_len] = '\0';
    return true;
}

static error_t parse_length(const char *text, unsigned max, unsigned *length) {
    unsigned number = 0;
    const char *digit = text;
    for (; *digit >= '0' && *digit <= '9' && number <= max; digit++) {
        number = number * 10 + (unsigned) (*digit - '0');
    }
    *length = number;
    return (digit != text && *digit == '\0' && number <= max) ? OK : ERR_INVALID_ARG;
}

error_t settings_parse_network(const char *text, struct ip_addr *addr, unsigned *prefix_len) {
    char word[IP_ADDR_TEXT_LEN];
    const char *slash = strchr(text, '/');
    size_t len = (slash != NULL) ? (size_t) (slash - text) : sizeof(word);
    if (len >= sizeof(word)) {
        return ERR_INVALID_ARG;
    }
    memcpy(word, text, len);
    word[len] = '\0';
    error_t err = ip_addr_parse(word, addr);
    if (IS_ERROR(err)) {
        return err;
    }
    return parse_length(&slash[1], ip_addr_is_v4(addr) ? 32 : 128, prefix_len);
}

/// Reads addresses of an option. Returns how many.
static unsigned parse_servers(const char *text, const char *option,
                              struct ip_addr addrs[SERVERS_MAX]) {
    char word[IP_ADDR_TEXT_LEN];
    unsigned count = 0;
    while (count < SERVERS_MAX && settings_next_word(&text, word, sizeof(word))) {
        if (IS_OK(ip_addr_parse(word, &addrs[count]))) {
            count++;
        } else {
            WARN("the option %s: '%s' is no address", option, word);
        }
    }
    return count;
}

void settings_apply(void) {
    struct ip_addr name_servers[SERVERS_MAX], time_servers[SERVERS_MAX];
    struct inet_settings settings = {
        .hostname = CONFIG_TCPIP_HOSTNAME,
#ifdef CONFIG_TCPIP_DHCP
        .dhcp = true,
#endif
#ifdef CONFIG_TCPIP_IPV6
        .ipv6 = true,
#endif
        .name_servers = name_servers,
        .num_name_servers = parse_servers(CONFIG_TCPIP_NAME_SERVERS, "name_servers", name_servers),
        .time_servers = time_servers,
        .num_time_servers = parse_servers(CONFIG_TCPIP_TIME_SERVERS, "time_servers", time_servers),
    };
    inet_set(&settings);
}

void settings_configure(struct netif *netif) {
    static bool done;
    if (done || CONFIG_TCPIP_ADDRESS[0] == '\0') {
        return;
    }
    done = true;
    struct ip_addr addr, gateway;
    unsigned prefix_len;
    memset(&gateway, 0, sizeof(gateway));
    error_t err = settings_parse_network(CONFIG_TCPIP_ADDRESS, &addr, &prefix_len);
    if (IS_OK(err) && CONFIG_TCPIP_GATEWAY[0] != '\0') {
        err = ip_addr_parse(CONFIG_TCPIP_GATEWAY, &gateway);
    }
    if (IS_OK(err)) {
        err = netif_configure(netif, &addr, prefix_len, &gateway);
    }
    if (IS_ERROR(err)) {
        WARN("the options address '%s' and gateway '%s' can't be used: %s", CONFIG_TCPIP_ADDRESS,
             CONFIG_TCPIP_GATEWAY, error_name(err));
    }
}

bool settings_may_configure(task_t task) {
    struct task_info info;
    error_t err = sys_info(INFO_TASK, (unsigned) TASK_SLOT(task), &info, sizeof(info));
    // Only vm creates tasks whose pager vm is, and names them as the manifest does.
    if (IS_ERROR(err) || info.tid != task || info.pager != INIT_TASK) {
        return false;
    }
    const char *text = CONFIG_TCPIP_MAY_CONFIGURE;
    char word[TASK_NAME_LEN];
    while (settings_next_word(&text, word, sizeof(word))) {
        if (!strcmp(word, info.name)) {
            return true;
        }
    }
    return false;
}
