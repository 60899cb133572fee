"""What is to be built: one board in one mode, from its manifest, its options and SConscripts."""

from pathlib import Path

from resea import arch, board_devices, kconfig, manifest

# Libraries that every program has without naming them.
IMPLIED_LIBS = ["resea", "common"]


class Build:
    """One board in one mode. After `configure`, everything about it is known; graph.Graph tells
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
        self.start = None        # the library that starts programs

    @property
    def arch_folder(self):
        return self.top / "arch" / self.arch.name

    def program_elf(self, name):
        """The linked program of a server, with its symbols."""
        return self.folder / "servers" / f"{name}.elf"

    # Reading: what is to be built.

    def configure(self, repair_config=False):
        """Reads manifest, options and SConscripts; writes config.h, board_devices.h
        and the manifest's binary form.

        With `repair_config`, mistakes in menuconfig's file are skipped instead of told.
        """
        self.manifest = manifest.load(self.board, self._board_folder)
        self.arch = arch.load(self.top, self.manifest.arch,
                              lambda what: self.manifest.file.error(("board", "arch"), what))
        manifest.check_arch(self.manifest, self.arch)
        self._read_components()
        self.config = kconfig.load_all(self, repair_config)
        manifest.check_config(self.manifest, self.config)
        board_devices.write(self.manifest, self.include / "board_devices.h")

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
        self.kernel_parts = [self.library.kernel_part(folder) for folder in (
            self.top / "kernel", self.arch_folder / "kernel",
            self.board_file("SConscript").parent)]
        for name in self.manifest.programs():
            self.programs.append(self.library.server(
                name, lambda what: self._program_error(name, what)))
        self.start = self.library.special_lib(self.arch_folder / "user", "arch")

    def _program_error(self, name, what):
        programs = self.manifest.default_programs
        path = (("app_default", "programs", programs.index(name)) if name in programs
                else ("server", name))
        return self.manifest.file.error(path, what)

    def kconfig_files(self):
        """(path, menu title) of every Kconfig that this build may have."""
        files = [(self.top / "kernel/Kconfig", "Kernel"),
                 (self.arch_folder / "Kconfig", f"Architecture {self.arch.name}"),
                 (self.board_file("Kconfig"), f"Board {self.board}")]
        files += [(folder / "Kconfig", f"Library {name}")
                  for name, folder in self.library.libs().items()]
        return files + [(program.folder / "Kconfig", f"Server {program.name}")
                        for program in self.programs]

    # Where things are.

    def inside(self, path):
        """Where the outputs of a source go, below obj/."""
        try:
            return path.relative_to(self.top)
        except ValueError:
            return Path("external", *path.parts[1:])

    def shown(self, path):
        """Paths of the tree are relative, so that outputs don't depend on where it is."""
        return self.library.shown(path)

    def _include_dirs(self):
        return [self.include, self.top / "libs/common/include", self.arch_folder / "include"]

    def user_includes(self, component, libs):
        """Include folders of a program or library that uses `libs`."""
        folders = self._include_dirs() + [self.arch_folder / "user/include"]
        folders += [lib.folder / "include" for lib in libs
                    if lib.folder / "include" not in folders]
        return folders + [component.folder / "include", component.folder]

    def unittest_includes(self, component, runner):
        """Include folders of a component that is compiled for this machine."""
        if component.kind == "kernel":
            # The simulated machine of its tests takes the architecture's place.
            folders = [self.top / "tests/kernel"] + self.kernel_includes()
        else:
            libs = self.library.with_libs(component, self.implied(component))
            folders = self.user_includes(component, libs)
        return [runner.folder / "include"] + folders + [component.folder / "tests"]

    @staticmethod
    def implied(component):
        """The libraries that a component has without naming them: not itself, nor a higher one."""
        if component.kind == "library" and component.name in IMPLIED_LIBS:
            return IMPLIED_LIBS[IMPLIED_LIBS.index(component.name) + 1:]
        return IMPLIED_LIBS

    def kernel_includes(self):
        """Include folders of the kernel's parts: <kernel/...> is found from the tree's top."""
        return self._include_dirs() + [self.arch_folder / "kernel",
                                       *self.manifest.folders, self.top]
