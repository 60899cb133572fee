"""How a board is made: the files and actions that SCons then walks over."""

from resea import environment, idl_headers
from resea.build import IMPLIED_LIBS
from resea.components import LIBRARY
from resea.flash_image import FlashImage
from resea.image import Image


class Half:
    """The compiler and linker of the kernel's or the user's half of a board."""

    def __init__(self, build, name):
        self.build = build
        self.name = name
        self.env = environment.make_half(build.options, build.arch, name, build.mode)

    def compile(self, component, includes):
        """The objects of a component. Only in the tree is a warning an error."""
        part = getattr(self.build.arch, self.name)
        flags = self.env["CCFLAGS"] + ([] if component.external else ["-Werror"])
        flags += part.cflags_libs if component.kind == LIBRARY else []
        return [node for source in component.sources_on(self.build.arch)
                for node in self._compile(component.folder / source, flags, includes)]

    def _compile(self, path, flags, includes):
        build = self.build
        target = build.folder / "obj" / self.name / build.inside(path)
        node = self.env.Compile(build.shown(target.with_name(target.name + ".o")),
                                build.shown(path), CCFLAGS=flags,
                                CPPPATH=[build.shown(p) for p in includes])
        build.compile_units.append((path, node[0]))
        return node

    def archive(self, name, objects):
        return self.env.Archive(self.build.shown(self.build.folder / "libs" / f"{name}.a"), objects)

    def link(self, target, objects, script):
        """Links by a linker script, whose changes count. What was compiled with -flto is optimised
        as a whole now."""
        shown = self.build.shown(script)
        link = self.env.LinkWhole if "-flto" in self.env["CCFLAGS"] else self.env.Link
        node = link(self.build.shown(target), objects, LINKER_SCRIPT=shown)
        self.env.Depends(node, self.env.File(shown))
        return node


class Graph:
    """The nodes of a configured Build."""

    def __init__(self, build):
        self.build = build
        self.user = Half(build, "user")
        self.kernel = Half(build, "kernel")
        self._libs = {}  # name: nodes that a program links

    def add(self):
        """Tells SCons about everything; gives the nodes to build by default."""
        build = self.build
        idl_headers.add_nodes(self.user.env, build.library.roots, build.include)
        objects = [self._program_objects(component) for component in build.programs]
        kernel = self._kernel_objects()
        if not build.arch.links:
            return list(dict.fromkeys(kernel + [node for nodes in objects for node in nodes]))
        if not build.arch.mmu:
            return FlashImage(build, self.user, self.kernel).add(objects, kernel)
        programs = [self.user.link(build.program_elf(component.name), nodes,
                                   build.arch_folder / "user/user.ld")
                    for component, nodes in zip(build.programs, objects)]
        return Image(build, self.user, self.kernel).add(programs, kernel) + programs

    def _program_objects(self, component):
        """What a program is linked of."""
        build = self.build
        libs = build.library.with_libs(component, IMPLIED_LIBS)
        nodes = self.user.compile(component, build.user_includes(component, libs))
        for lib in [build.start] + libs:
            nodes = nodes + self._lib(lib)
        return nodes

    def _lib(self, lib):
        if lib.name not in self._libs:
            needs = self.build.library.with_libs(lib, self.build.implied(lib))
            objects = self.user.compile(lib, self.build.user_includes(lib, needs))
            self._libs[lib.name] = (self.user.archive(lib.name, objects)
                                    if self.build.arch.links else objects)
        return self._libs[lib.name]

    def _kernel_objects(self):
        """All parts of the kernel, and their libraries once more, with the kernel's flags."""
        parts = list(self.build.kernel_parts)
        for part in self.build.kernel_parts:
            parts += [lib for lib in self.build.library.with_libs(part, ["common"])
                      if lib not in parts]
        includes = self.build.kernel_includes() + [lib.folder / "include" for lib in parts
                                                   if lib.kind == "library"]
        return [node for part in parts for node in self.kernel.compile(part, includes)]
