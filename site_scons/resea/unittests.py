"""Builds the unit tests as programs for this machine, under ASan and UBSan.

Each component that names `unittests` becomes one program: those tests, the sources under test, and
libs/unittest, which has the main function that runs them. A component's own `main` is renamed out
of the way. The system's libraries are not linked in: what the code under test calls is the
component's own, the C library's, or a stub among the tests.

A component may have fuzzers, too, programs with a `main` of their own: a plain one
(`fuzzer_plain`), which counts as a test, and one that libFuzzer guides (`fuzzer_guided`). Each is
made of those sources, of those in `fuzzer`, and of what is tested: `fuzzer_sources`, or all of the
component's. resea/fuzzing.py knows under which name `scons soak` runs them.
"""

import os
from pathlib import Path

from resea import environment, idl_headers
from resea.errors import UserError, unknown

_LIBRARY = "unittest"


def add_nodes(context):
    """Tells SCons about the programs; fills in context.unittests."""
    build = context.build
    env = environment.make(context.options, environment.UNITTEST)
    nodes = []
    if "image" not in context.nodes:
        idl_headers.add_nodes(env, build.library.roots, build.include)
    for name, component in _asked(build, context.options.get("target")):
        program = build.folder / "unittests" / name.replace("/", "-")
        nodes += env.LinkNative(build.shown(program), _objects(env, build, component, program))
        context.unittests.append((name, program))
        if component.unittests_nommu:
            nodes += _add_nommu(context, env, name, component)
        if component.fuzzer_plain:
            nodes += _add_plain_fuzzer(env, build, component, name)
            context.unittests.append((f"{name}: random sequences against a model",
                                      fuzzer(build, name)))
    return nodes


def add_fuzzers(context, names):
    """The fuzzers of components, and nothing else."""
    build = context.build
    env = environment.make(context.options, environment.FUZZER)
    if "image" not in context.nodes:
        idl_headers.add_nodes(env, build.library.roots, build.include)
    nodes = []
    for name in names:
        (_, component), = _asked(build, name)
        nodes += _add_guided_fuzzer(env, build, component, name)
        if component.fuzzer_plain:
            nodes += _add_plain_fuzzer(env, build, component, name)
    return nodes


def _add_plain_fuzzer(env, build, component, name):
    program = fuzzer(build, name)
    objects = _fuzzer_objects(env, build, component, program, component.fuzzer_plain,
                              environment.FUZZER)
    return env.LinkNative(build.shown(program), objects, CCFLAGS=environment.FUZZER)


def _add_guided_fuzzer(env, build, component, name):
    program = guided_fuzzer(build, name)
    objects = _fuzzer_objects(env, build, component, program, component.fuzzer_guided,
                              environment.GUIDED_FUZZER)
    return env.LinkNative(build.shown(program), objects,
                          CCFLAGS=environment.FUZZER + ["-fsanitize=fuzzer"])


def fuzzer(build, name):
    """A component's plain fuzzer, a program."""
    return build.folder / "unittests" / (name.replace("/", "-") + "-fuzz")


def guided_fuzzer(build, name):
    """libFuzzer's."""
    return build.folder / "unittests" / (name.replace("/", "-") + "-libfuzzer")


def _fuzzer_objects(env, build, component, program, sources, flags):
    tested = (component.sources_on(build.arch) if component.fuzzer_sources is None
              else component.fuzzer_sources)
    return _compile(env, build, component, program, tested, component.fuzzer + sources, [], flags,
                    runs=False)


def _add_nommu(context, env, name, component):
    """The tests of a part of the kernel as it is without an MMU: with a config.h of its own."""
    build = context.build
    program = build.folder / "unittests" / (name.replace("/", "-") + "-nommu")
    sources = component.sources + component.sources_for.get("nommu", [])
    objects = _compile(env, build, component, program, sources, component.unittests_nommu,
                       [build.top / "tests/nommu"])
    context.unittests.append((f"{name} without an MMU", program))
    return env.LinkNative(build.shown(program), objects)


def _asked(build, target):
    """(folder as shown, component) of those that have unit tests. With `target`, the folder of one,
    no other is read."""
    readers = _readers(build)
    if target:
        target = target.rstrip("/")
        if target not in readers:
            raise UserError("command line", "target=" + target + ": "
                            + unknown("component", target, readers))
        readers = {target: readers[target]}
    found = [(name, read()) for name, read in readers.items()]
    tested = [(name, component) for name, component in found if component.unittests]
    if target and not tested:
        raise UserError("command line", f"target={target}: has no unit tests; its SConscript would "
                                        "name them in unittests=[...]")
    return tested


def _readers(build):
    """The folders of all components, each with a function that reads it."""
    library = build.library

    def fail(what):
        return UserError("unit tests", what)

    readers = {library.shown(part.folder): lambda part=part: part for part in build.kernel_parts}
    for name, folder in library.libs().items():
        readers[library.shown(folder)] = lambda name=name: library.lib(name, fail)
    for name, folder in library.servers().items():
        readers[library.shown(folder)] = lambda name=name: library.server(name, fail)
    return readers


def _objects(env, build, component, program):
    tested = (component.sources_on(build.arch) if component.unittest_sources is None
              else component.unittest_sources)
    return _compile(env, build, component, program, tested, component.unittests, [])


def _compile(env, build, component, program, sources, tests, first_includes,
             flags=environment.UNITTEST, runs=True):
    """The objects of a program: what is tested, its tests, and, if it `runs` them as all others do,
    libs/unittest's main function."""
    tested = [Path(os.path.normpath(component.folder / name))
              for name in sources if name.endswith(".c")]
    tests = [component.folder / name for name in tests]
    runner = build.library.lib(_LIBRARY, lambda what: UserError(component.where, what))
    groups = [(component, tested + tests)]
    if component is not runner:
        groups.append((runner, [runner.folder / name for name in runner.sources
                                if runs or not name.endswith("/main.c")]))
    nodes = []
    for owner, paths in groups:
        folders = first_includes + build.unittest_includes(owner, runner)
        includes = [build.shown(p) for p in folders]
        for path in [Path(os.path.normpath(path)) for path in paths]:
            extra = ["-Dmain=component_main"] if path in tested else []
            target = program.with_name(program.name + ".obj") / build.inside(path)
            target = target.with_name(target.name + ".o")
            nodes += env.Compile(build.shown(target), build.shown(path), CPPPATH=includes,
                                 CCFLAGS=flags + extra)
    return nodes
