"""From one board manifest to one bootable image: the graph that SCons then walks over."""

from pathlib import Path

from resea import arch, bootfs, elf, environment, kconfig, manifest, manifest_image, output, symbols
from resea.errors import UserError
from resea.files import write_if_changed

# Libraries that every program has without naming them.
IMPLIED_LIBS = ["resea", "common"]


class Build:
    """One board in one mode. After `configure`, everything about it is known; `add_nodes` tells
    SCons how to make it. Paths are absolute."""

    def __init__(self, top, options, library, board):
        self.top = top
        self.options = options
        self.library = library
        self.board = board
        self.mode = options.mode
        self.folder = top / "build" / f"{board}-{options.mode}"
        self.include = self.folder / "include"
        self.logs = self.folder / "logs"
        self.elf = self.folder / "resea.elf"
        self.image = self.folder / "resea.img"
        self.bootfs = self.folder / "bootfs.bin"
        self.compile_units = []  # (source, object node), for compiledb and check
        self.manifest = self.arch = self.config = None
        self.programs = []       # components of bootfs, vm first
        self.kernel_parts = []

    def program_elf(self, name):
        """The linked program of a server, with its symbols."""
        return self.folder / "servers" / f"{name}.elf"

    # Reading: what is to be built.

    def configure(self, repair_config=False):
        """Reads manifest, options and SConscripts; writes config.h and the manifest's binary form.

        With `repair_config`, mistakes in menuconfig's file are skipped instead of told.
        """
        self.manifest = manifest.load(self.board, self._board_folder)
        self.arch = arch.load(self.top, self.manifest.arch,
                              lambda what: self.manifest.file.error(("board", "arch"), what))
        manifest.check_arch(self.manifest, self.arch)
        self._read_components()
        self.config = kconfig.load_all(self, repair_config)
        manifest.check_config(self.manifest, self.config)

    def _board_folder(self, name):
        if name not in self.library.boards():
            raise KeyError(list(self.library.boards()))
        return self.library.boards()[name]

    def board_file(self, name):
        """A file of the board's folder, or of the nearest one that it extends; may not exist."""
        for folder in self.manifest.folders:
            if (folder / name).exists():
                return folder / name
        return self.manifest.folders[0] / name

    def _read_components(self):
        for folder in (self.top / "kernel", self.top / "arch" / self.arch.name / "kernel",
                       self.board_file("SConscript").parent):
            self._unless_missing(lambda: self.kernel_parts.append(
                self.library.kernel_part(folder)))
        for name in self.manifest.programs():
            self._unless_missing(lambda: self.programs.append(self.library.server(
                name, lambda what: self._program_error(name, what))))

    def _unless_missing(self, read):
        try:
            read()
        except UserError as e:
            output.warning(f"skipped for now: {e}")

    def _program_error(self, name, what):
        programs = self.manifest.default_programs
        path = (("app_default", "programs", programs.index(name)) if name in programs
                else ("server", name))
        return self.manifest.file.error(path, what)

    def kconfig_files(self):
        """(path, menu title) of every Kconfig that this build may have."""
        files = [(self.top / "kernel/Kconfig", "Kernel"),
                 (self.top / "arch" / self.arch.name / "Kconfig", f"Architecture {self.arch.name}"),
                 (self.board_file("Kconfig"), f"Board {self.board}")]
        files += [(folder / "Kconfig", f"Library {name}")
                  for name, folder in self.library.libs().items()]
        return files + [(program.folder / "Kconfig", f"Server {program.name}")
                        for program in self.programs]

    # The graph.

    def add_nodes(self):
        """Tells SCons about everything; gives the nodes to build by default."""
        self._user = self._environment("user")
        self._kernel = self._environment("kernel")
        self._objects = {}
        self._archives = {}
        self._generate_idl()
        programs = []
        for component in self.programs:
            self._unless_missing(lambda: programs.append(self._program(component)))
        kernel = [node for part in self.kernel_parts for node in self._kernel_part(part)]
        if not self.arch.links or len(self.kernel_parts) < 3 or not self.programs:
            return kernel + [node for nodes in programs for node in nodes]
        image = self._pack_bootfs(programs)
        return self._link_kernel(kernel, image) + programs

    def _environment(self, half):
        return environment.make(self.options,
                                environment.half_flags(self.arch, half, self.mode),
                                environment.half_linkflags(self.arch, half))

    def _generate_idl(self):
        from resea import idl_headers
        idl_headers.add_nodes(self._user, self.library.roots, self.include)

    def _include_dirs(self):
        return [self.include, self.top / "libs/common/include",
                self.top / "arch" / self.arch.name / "include"]

    def _compile(self, env, half, component, includes, errors=True):
        """The objects of a component."""
        nodes = []
        for source in component.sources:
            path = component.folder / source
            target = self.folder / "obj" / half / self.inside(path)
            target = target.with_name(target.name + ".o")
            flags = env["CCFLAGS"] + ([] if component.external else ["-Werror"])
            node = env.Compile(self.shown(target), self.shown(path), CCFLAGS=flags,
                               CPPPATH=[self.shown(p) for p in includes])
            self.compile_units.append((path, node[0]))
            nodes += node
        return nodes

    def inside(self, path):
        """Where the outputs of a source go, below obj/."""
        try:
            return path.relative_to(self.top)
        except ValueError:
            return Path("external", *path.parts[1:])

    def shown(self, path):
        """Paths of the tree are relative, so that outputs don't depend on where it is."""
        return self.library.shown(path)

    def _user_includes(self, component, libs):
        folders = self._include_dirs() + [self.top / "arch" / self.arch.name / "user/include"]
        folders += [lib.folder / "include" for lib in libs
                    if lib.folder / "include" not in folders]
        return folders + [component.folder / "include", component.folder]

    def unittest_includes(self, component, runner):
        """Include folders of a component that is compiled for this machine."""
        if component.kind == "kernel":
            folders = self._kernel_includes()
        else:
            libs = self.library.with_libs(component, self._implied(component))
            folders = self._user_includes(component, libs)
        return [runner.folder / "include"] + folders + [component.folder / "tests"]

    def _user_archive(self, lib):
        if lib.name not in self._archives:
            needs = self.library.with_libs(lib, self._implied(lib))
            objects = self._compile(self._user, "user", lib, self._user_includes(lib, needs))
            target = self.folder / "libs" / f"{lib.name}.a"
            self._archives[lib.name] = (self._user.Archive(self.shown(target), objects)
                                        if self.arch.links else objects)
        return self._archives[lib.name]

    @staticmethod
    def _implied(component):
        """The libraries that a component has without naming them: not itself, nor a higher one."""
        if component.kind == "library" and component.name in IMPLIED_LIBS:
            return IMPLIED_LIBS[IMPLIED_LIBS.index(component.name) + 1:]
        return IMPLIED_LIBS

    def _program(self, component):
        libs = self.library.with_libs(component, IMPLIED_LIBS)
        objects = self._compile(self._user, "user", component,
                                self._user_includes(component, libs))
        start = self.library.special_lib(self.top / "arch" / self.arch.name / "user", "arch")
        archives = [node for lib in [start] + libs for node in self._user_archive(lib)]
        if not self.arch.links:
            return objects + archives
        script = self.top / "arch" / self.arch.name / "user/user.ld"
        return self._link(self._user, self.program_elf(component.name), objects + archives, script)

    def _link(self, env, target, objects, script):
        node = env.Link(self.shown(target), objects, LINKER_SCRIPT=self.shown(script))
        env.Depends(node, env.File(self.shown(script)))
        return node

    def _kernel_includes(self):
        return self._include_dirs() + [self.top / "arch" / self.arch.name / "kernel",
                                       *self.manifest.folders, self.top]

    def _kernel_part(self, part):
        folders = self._kernel_includes()
        nodes = self._compile(self._kernel, "kernel", part, folders)
        for lib in self.library.with_libs(part, ["common"]):
            if ("kernel", lib.name) not in self._archives:
                self._archives["kernel", lib.name] = True
                nodes += self._compile(self._kernel, "kernel", lib,
                                       folders + [lib.folder / "include"])
        return nodes

    def _pack_bootfs(self, programs):
        env = self._user
        stripped = [env.Strip(self.shown(self.folder / "bootfs" / component.name), node)
                    for component, node in zip(self.programs, programs)]
        data = self.folder / "manifest.bin"
        write_if_changed(data, manifest_image.pack(self.manifest, self.arch.page_size))
        files = [("manifest", data)]
        files += [(c.name, Path(n[0].abspath)) for c, n in zip(self.programs[1:], stripped[1:])]
        files += list(manifest.extra_files(self.manifest, self.top).items())
        vm_elf, page_size = self.program_elf("vm"), self.arch.page_size

        def write(target):
            target.write_bytes(bootfs.pack(
                elf.flatten(vm_elf, page_size),
                [(name, path.read_bytes()) for name, path in files], page_size))

        node = env.Command(self.shown(self.bootfs), programs[:1] + stripped
                           + [self.shown(path) for _, path in files],
                           environment.python_action(write, [bootfs, elf], "BOOTFS"))
        env.Depends(node, env.Value([name for name, _ in files]))
        return node

    def _assemble(self, name, text_function, depends):
        """An object of the kernel made from generated assembly."""
        env = self._kernel

        action = environment.python_action(lambda target: target.write_text(text_function()),
                                           [bootfs, symbols, elf], "GEN")
        source = env.Command(self.shown(self.folder / f"{name}.S"), depends, action)
        return env.Compile(self.shown(self.folder / f"{name}.o"), source)

    def _link_kernel(self, objects, bootfs_node):
        env = self._kernel
        script = self.board_file("kernel.ld")
        if not script.is_file():
            raise UserError(self.shown(script), "the file is missing; it lays out the kernel")
        shown = self.shown(self.bootfs)
        image = self._assemble("bootfs", lambda: bootfs.assembly(shown, self.arch.page_size),
                               env.Value(shown))
        env.Depends(image, bootfs_node)
        first = self.folder / "resea.pass1.elf"
        empty = self._assemble("symtab.empty", lambda: symbols.assembly([]), env.Value(""))
        pass1 = self._link(env, first, objects + image + empty, script)
        full = self._assemble("symtab", lambda: symbols.assembly(elf.functions(first)), pass1)
        kernel = self._link(env, self.elf, objects + image + full, script)
        env.AddPostAction(kernel, environment.python_action(
            lambda target: symbols.check(first, target), [symbols, elf]))
        return kernel + self._convert(env, kernel)

    def _convert(self, env, kernel):
        node = env.Convert(self.shown(self.image), kernel, FORMAT=self.arch.image)
        env.AddPostAction(node, environment.python_action(lambda target: self._report(), [bootfs]))
        return node

    def _report(self):
        print("\n".join(bootfs.summary(self.bootfs.read_bytes())))
        name = self.shown(self.image)
        print(f"{name}: {output.size(self.image.stat().st_size)}")
