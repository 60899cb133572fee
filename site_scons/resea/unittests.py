"""Builds the unit tests as programs for this machine, under ASan and UBSan.

Each component that names `unittests` becomes one program: those tests, the sources under test, and
libs/unittest, which has the main function that runs them. A component's own `main` is renamed out
of the way. The system's libraries are not linked in: what the code under test calls is the
component's own, the C library's, or a stub among the tests.
"""

import os

from resea import environment
from resea.errors import UserError, hint

_LIBRARY = "unittest"


def add_nodes(context):
    """Tells SCons about the programs; fills in context.unittests."""
    build, target = context.build, context.options.get("target")
    components = [c for c in _components(build) if c.unittests]
    shown = {context.library.shown(c.folder): c for c in components}
    if target:
        target = target.rstrip("/")
        if target not in shown:
            raise UserError("command line", f"target={target}: has no unit tests"
                            + hint(target, shown))
        shown = {target: shown[target]}
    env = environment.make(context.options, environment.UNITTEST)
    nodes = []
    for name, component in shown.items():
        program = build.folder / "unittests" / name.strip("/").replace("/", "-")
        nodes += env.LinkNative(context.library.shown(program),
                                _objects(env, build, component, program))
        context.unittests.append((name, program))
    return nodes


def _components(build):
    library = build.library

    def fail(what):
        return UserError("unit tests", what)

    libs = [library.lib(name, fail) for name in library.libs()]
    servers = [library.server(name, fail) for name in library.servers()]
    return build.kernel_parts + libs + servers


def _objects(env, build, component, program):
    tested = (component.sources if component.unittest_sources is None
              else component.unittest_sources)
    tested = [component.folder / name for name in tested if name.endswith(".c")]
    tests = [component.folder / name for name in component.unittests]
    runner = build.library.lib(_LIBRARY, lambda what: UserError(component.where, what))
    includes = build.unittest_includes(component, runner)
    nodes = []
    if component is not runner:
        tests += [runner.folder / name for name in runner.sources]
    for path in tested + tests:
        path = type(path)(os.path.normpath(path))
        extra = ["-Dmain=component_main"] if path in tested else []
        target = program.with_name(program.name + ".obj") / build.inside(path)
        target = target.with_name(target.name + ".o")
        nodes += env.Compile(build.shown(target), build.shown(path),
                             CCFLAGS=environment.UNITTEST + extra,
                             CPPPATH=[build.shown(p) for p in includes])
    return nodes
