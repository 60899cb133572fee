"""What a manifest's servers may do to each other: names resolved, conflicts refused.

The rule against deadlocks: who may call whom is a graph without cycles. Two servers that can each
be blocked in a call to the other will, one day, both be. The one that is lower in the graph tells
the other by a notification (or an async message) instead, which needs no edge of its own. vm is
excluded: everybody may call it and it calls nobody.
"""

import fnmatch

from resea.errors import hint

MAX_SERVERS = 128  # NUM_SERVERS_MAX


def check(manifest):
    """Resolves may_call and devices of a parsed manifest; raises UserError on any conflict."""
    _check_service_names(manifest)
    for server in manifest.servers:
        server.calls = _resolve_calls(manifest, server)
        _check_devices(manifest, server)
    _check_owners(manifest)
    _check_cycles(manifest)


def path_of(manifest, server):
    """The key path of a server's table."""
    if server is manifest.app_default:
        return ("app_default",)
    return ("server", server.name)


def _check_service_names(manifest):
    servers = {s.name: s for s in manifest.servers}
    for server in manifest.servers:
        for index, service in enumerate(server.provides):
            other = servers.get(service, server)
            if other is not server and other.provides:
                raise manifest.file.error(
                    ("server", server.name, "provides", index),
                    f"the service '{service}' has the name of another server: rename one of them")


def _resolve_calls(manifest, server):
    """The sorted indices of the servers that `server` may call; vm is among them."""
    if server.name == "vm":
        return list(range(len(manifest.servers)))
    calls = {0}
    for index, pattern in enumerate(server.may_call):
        calls.update(_match(manifest, server, pattern,
                            path_of(manifest, server) + ("may_call", index)))
    return sorted(calls)


def _match(manifest, server, pattern, path):
    found = []
    known = set()
    services = {name for peer in manifest.servers for name in peer.provides}
    for index, peer in enumerate(manifest.servers):
        if peer in (server, manifest.app_default):
            continue
        # A program that provides nothing may have a service's name, as commands do: gpio, say, is
        # what a person types to use the service gpio. The name is the service's then.
        names = peer.provides + [peer.name] * (peer.name not in services)
        known.update(names)
        if any(fnmatch.fnmatchcase(name, pattern) for name in names):
            found.append(index)
    if not found:
        what = "nothing matches" if "*" in pattern else "no server or service is called"
        raise manifest.file.error(path, f"{what} '{pattern}'" + hint(pattern, known))
    return found


def _check_devices(manifest, server):
    for index, name in enumerate(server.devices):
        if name not in manifest.devices:
            raise manifest.file.error(("server", server.name, "devices", index),
                                      f"unknown device '{name}'" + hint(name, manifest.devices))


def _check_owners(manifest):
    """No IRQ or range has two owners, unless each device involved says `shared = true`."""
    owned = []
    for server in manifest.servers:
        for index, name in enumerate(server.devices):
            device = manifest.devices[name]
            for other_server, other in owned:
                what = None if other.shared and device.shared else _overlap(device, other)
                if what and server is not other_server:
                    raise _conflict(manifest, server, index, other_server, other, what)
            owned.append((server, device))


def _conflict(manifest, server, index, other_server, other, what):
    name = server.devices[index]
    where = manifest.file.where(("server", other_server.name, "devices"))
    return manifest.file.error(
        ("server", server.name, "devices", index),
        f"{what} of '{name}' already belongs to '{other_server.name}' ('{other.name}', {where}); "
        f"if they share it, both devices say 'shared = true'")


def _overlap(a, b):
    """What two devices have in common, in words, or None."""
    for irq in a.irqs:
        if irq in b.irqs:
            return f"IRQ {irq}"
    for word, ours, theirs in (("ports", a.ports, b.ports), ("mmio", a.mmio, b.mmio)):
        for base, length in ours:
            for other_base, other_length in theirs:
                if base < other_base + other_length and other_base < base + length:
                    return f"{word} {base:#x}+{length:#x}"
    return None


def _check_cycles(manifest):
    edges = {i: [c for c in s.calls if c != 0] if i else []
             for i, s in enumerate(manifest.servers)}
    cycle = _find_cycle(edges)
    if cycle:
        names = [manifest.servers[i].name for i in cycle]
        raise manifest.file.error(
            path_of(manifest, manifest.servers[cycle[-2]]) + ("may_call",),
            "a call cycle, which can deadlock: " + " -> ".join(names)
            + "; let one of them notify the other instead")


def _find_cycle(edges):
    """The nodes of a cycle, the first one repeated at the end, or None."""
    done = set()

    def visit(node, trail):
        if node in trail:
            return trail[trail.index(node):] + [node]
        if node in done:
            return None
        for peer in edges[node]:
            cycle = visit(peer, trail + [node])
            if cycle:
                return cycle
        done.add(node)
        return None

    for start in sorted(edges):
        cycle = visit(start, [])
        if cycle:
            return cycle
    return None
