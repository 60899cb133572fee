#include "route.h"

#include <inet/env.h>
#include <string.h>

#include "addr.h"
#include "neighbour.h"
#include "netif.h"

/// Paths whose MTU is known to be smaller, and how long (RFC 1191, 6.3: at least ten minutes).
#define PATHS_MAX   32
#define PATH_MTU_MS 600000

/// A gateway that didn't answer is tried again after so long.
#define SILENT_MS 300000

struct path {
    struct ip_addr dst;
    uint32_t mtu;
    uint64_t until;
};

static struct route_entry routes[ROUTES_MAX];
static unsigned num_routes;
static struct path paths[PATHS_MAX];
static unsigned num_paths;
static struct inet_timer paths_timer;
static unsigned generation;

unsigned ip_generation(void) {
    return generation;
}

void route_changed(void) {
    generation++;
}

static struct route_entry *find(struct netif *netif, const struct ip_addr *prefix, unsigned len,
                                const struct ip_addr *gateway) {
    for (unsigned i = 0; i < num_routes; i++) {
        struct route_entry *entry = &routes[i];
        if (entry->netif == netif && entry->prefix_len == len
            && ip_addr_in_prefix(&entry->prefix, prefix, len)
            && ip_addr_equals(&entry->gateway, gateway)) {
            return entry;
        }
    }
    return NULL;
}

static void remove_at(unsigned index) {
    routes[index] = routes[--num_routes];
    route_changed();
}

error_t route_add(struct netif *netif, const struct ip_addr *prefix, unsigned prefix_len,
                  const struct ip_addr *gateway, enum inet_origin origin, uint64_t valid_until) {
    struct route_entry *entry = find(netif, prefix, prefix_len, gateway);
    if (entry == NULL) {
        if (num_routes == ROUTES_MAX) {
            return ERR_NO_MEMORY;
        }
        entry = &routes[num_routes++];
    }
    struct ip_addr network = ip_addr_network(prefix, prefix_len);
    *entry = (struct route_entry){.netif = netif,
                                  .prefix = network,
                                  .gateway = *gateway,
                                  .prefix_len = (uint8_t) prefix_len,
                                  .origin = origin,
                                  .valid_until = valid_until};
    route_changed();
    return OK;
}

void route_remove(struct netif *netif, enum inet_origin origin, bool gateway) {
    for (unsigned i = num_routes; i-- > 0;) {
        bool has_gateway = !ip_addr_is_any(&routes[i].gateway);
        if (routes[i].netif == netif && routes[i].origin == origin && has_gateway == gateway) {
            remove_at(i);
        }
    }
}

void route_remove_prefix(struct netif *netif, const struct ip_addr *prefix, unsigned prefix_len) {
    static const struct ip_addr no_gateway;
    struct route_entry *entry = find(netif, prefix, prefix_len, &no_gateway);
    if (entry != NULL) {
        remove_at((unsigned) (entry - routes));
    }
}

static void set_silent(const struct netif *netif, const struct ip_addr *addr, uint64_t until) {
    for (unsigned i = 0; i < num_routes; i++) {
        struct route_entry *entry = &routes[i];
        if (entry->netif == netif && ip_addr_equals(&entry->gateway, addr)
            && entry->silent_until != until) {
            entry->silent_until = until;
            route_changed();
        }
    }
}

void route_neighbour_silent(const struct netif *netif, const struct ip_addr *addr) {
    set_silent(netif, addr, inet_now() + SILENT_MS);
}

void route_neighbour_answers(const struct netif *netif, const struct ip_addr *addr) {
    set_silent(netif, addr, 0);
}

void route_expire(struct netif *netif) {
    for (unsigned i = num_routes; i-- > 0;) {
        if (routes[i].netif == netif && routes[i].valid_until <= inet_now()) {
            remove_at(i);
        }
    }
}

const struct route_entry *route_numbered(unsigned index) {
    return (index < num_routes) ? &routes[index] : NULL;
}

/// Whether a route is better than another one: the longest prefix; then an interface that is up; then a gateway that
/// isn't silent. The older one if all is the same.
static bool is_better(const struct route_entry *a, const struct route_entry *b, uint64_t now) {
    if (b == NULL || a->prefix_len != b->prefix_len) {
        return b == NULL || a->prefix_len > b->prefix_len;
    }
    if (a->netif->up != b->netif->up) {
        return a->netif->up;
    }
    return a->silent_until <= now && b->silent_until > now;
}

static const struct route_entry *longest(const struct ip_addr *dst) {
    const struct route_entry *best = NULL;
    uint64_t now = inet_now();
    for (unsigned i = 0; i < num_routes; i++) {
        const struct route_entry *entry = &routes[i];
        if (entry->valid_until < now
            || !ip_addr_in_prefix(dst, &entry->prefix, entry->prefix_len)) {
            continue;
        }
        best = is_better(entry, best, now) ? entry : best;
    }
    return best;
}

// Paths.

static void paths_expire(struct inet_timer *timer) {
    uint64_t now = inet_now(), next = UINT64_MAX;
    for (unsigned i = num_paths; i-- > 0;) {
        if (paths[i].until <= now) {
            paths[i] = paths[--num_paths];
            route_changed();
        } else {
            next = MIN(next, paths[i].until);
        }
    }
    if (num_paths > 0) {
        inet_timer_start(timer, next);
    }
}

static struct path *find_path(const struct ip_addr *dst) {
    for (unsigned i = 0; i < num_paths; i++) {
        if (ip_addr_equals(&paths[i].dst, dst)) {
            return &paths[i];
        }
    }
    return NULL;
}

/// A new entry, in place of the oldest if there are too many.
static struct path *new_path(void) {
    if (num_paths < PATHS_MAX) {
        return &paths[num_paths++];
    }
    struct path *oldest = &paths[0];
    for (unsigned i = 1; i < PATHS_MAX; i++) {
        oldest = (paths[i].until < oldest->until) ? &paths[i] : oldest;
    }
    return oldest;
}

void ip_learn_mtu(struct ip_route *route, const struct ip_addr *dst, uint32_t mtu) {
    mtu = MAX(mtu, ip_addr_is_v4(dst) ? IPV4_MTU_MIN : IPV6_MTU_MIN);
    struct path *path = find_path(dst);
    if (mtu >= ((path != NULL) ? path->mtu : route->mtu)) {
        return;
    }
    path = (path != NULL) ? path : new_path();
    *path = (struct path){*dst, mtu, inet_now() + PATH_MTU_MS};
    if (!inet_timer_is_running(&paths_timer)) {
        inet_timer_start(&paths_timer, path->until);
    }
    route_changed();
    route->mtu = mtu;
}

// Looking up.

static void fill(struct ip_route *route, struct netif *netif, const struct ip_addr *src,
                 const struct ip_addr *next_hop) {
    *route = (struct ip_route){.generation = generation,
                               .netif = netif,
                               .src = *src,
                               .next_hop = *next_hop,
                               .mtu = netif->mtu,
                               .features = netif->features,
                               .max_pieces = netif->max_pieces};
}

/// Whether `a` is the better address to come from: RFC 6724, 5, as far as it matters to a host with few.
static bool is_better_src(const struct netif_addr *a, const struct netif_addr *b,
                          const struct ip_addr *dst, uint64_t now) {
    if (b == NULL) {
        return true;
    }
    bool link = ip_addr_is_link_local(dst) || ip_addr_is_multicast(dst);
    bool a_fits = ip_addr_is_link_local(&a->addr) == link;
    bool b_fits = ip_addr_is_link_local(&b->addr) == link;
    if (a_fits != b_fits) {
        return a_fits;
    }
    bool a_preferred = a->preferred_until > now, b_preferred = b->preferred_until > now;
    if (a_preferred != b_preferred) {
        return a_preferred;
    }
    return ip_addr_in_prefix(dst, &a->addr, a->prefix_len)
           && !ip_addr_in_prefix(dst, &b->addr, b->prefix_len);
}

/// The address to come from. NULL: the interface has none of that family.
static const struct ip_addr *choose_src(const struct netif *netif, const struct ip_addr *dst,
                                        const struct ip_addr *next_hop) {
    const struct netif_addr *best = NULL;
    uint64_t now = inet_now();
    bool v4 = ip_addr_is_v4(dst);
    for (unsigned i = 0; i < netif->num_addrs; i++) {
        const struct netif_addr *entry = &netif->addrs[i];
        if (ip_addr_is_v4(&entry->addr) == v4 && !entry->tentative
            && is_better_src(entry, best, v4 ? next_hop : dst, now)) {
            best = entry;
        }
    }
    return (best == NULL) ? NULL : &best->addr;
}

static bool is_ours(const struct ip_addr *addr) {
    struct netif_addr *entry;
    return (ip_addr_is_v4(addr) && v4_is_loopback(ip_addr_v4(addr)))
           || (netif_with_addr(addr, &entry) != NULL && !entry->tentative);
}

/// To groups and to everybody: through the interface of the given address, or the first that is up.
static error_t route_to_group(const struct ip_addr *dst, const struct ip_addr *src,
                              struct ip_route *route) {
    struct netif *via = netif_with_addr(src, NULL);
    for (unsigned i = 1; via == NULL && i < netif_count(); i++) {
        struct netif *netif = netif_numbered(i);
        via = (netif->up && choose_src(netif, dst, dst) != NULL) ? netif : NULL;
    }
    if (via == NULL || via->loopback) {
        return ERR_UNREACHABLE;
    }
    fill(route, via, ip_addr_is_any(src) ? choose_src(via, dst, dst) : src, dst);
    return OK;
}

static error_t route_by_table(const struct ip_addr *dst, const struct ip_addr *src,
                              struct ip_route *route) {
    const struct route_entry *entry = longest(dst);
    if (entry == NULL) {
        return ERR_UNREACHABLE;
    }
    const struct ip_addr *next_hop = ip_addr_is_any(&entry->gateway) ? dst : &entry->gateway;
    const struct ip_addr *from =
        ip_addr_is_any(src) ? choose_src(entry->netif, dst, next_hop) : src;
    if (from == NULL || ip_addr_is_v4(from) != ip_addr_is_v4(dst)) {
        return ERR_UNREACHABLE;
    }
    fill(route, entry->netif, from, next_hop);
    const struct path *path = (num_paths > 0) ? find_path(dst) : NULL;
    if (path != NULL) {
        route->mtu = MIN(route->mtu, path->mtu);
    }
    return OK;
}

error_t ip_route(const struct ip_addr *dst, const struct ip_addr *src, struct ip_route *route) {
    if (ip_addr_is_any(dst) || (!ip_addr_is_any(src) && !is_ours(src))) {
        return ERR_UNREACHABLE;
    }
    if (is_ours(dst)) {
        fill(route, netif_loopback(), ip_addr_is_any(src) ? dst : src, dst);
        return OK;
    }
    if (ip_addr_is_multicast(dst) || (ip_addr_is_v4(dst) && ip_addr_v4(dst) == V4_BROADCAST)) {
        return route_to_group(dst, src, route);
    }
    return route_by_table(dst, src, route);
}

void route_on_link(struct netif *netif, const struct ip_addr *src, const struct ip_addr *dst,
                   struct ip_route *route) {
    fill(route, netif, src, dst);
}

void ip_confirm(struct ip_route *route) {
    struct neighbour *neighbour = route->neighbour;
    if (neighbour != NULL && neighbour->netif == route->netif
        && ip_addr_equals(&neighbour->addr, &route->next_hop)) {
        neighbour_confirm(neighbour);
    }
}

void routes_init(void) {
    num_routes = num_paths = 0;
    paths_timer = (struct inet_timer){.fire = paths_expire};
    generation++;
}
