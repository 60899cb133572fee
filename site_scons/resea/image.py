"""From programs and kernel objects to what boots.

    programs --strip, pack--> bootfs.bin --.incbin--> bootfs.o ----+
    kernel objects ------------------------------------------------+--link--> resea.pass1.elf
    an empty symbol table -----------------------------------------+             |
                                                 its function names, symtab.o <--+
    kernel objects, bootfs.o, symtab.o --link--> resea.elf --convert--> resea.img
"""

import re

from resea import bootfs, elf, environment, manifest, manifest_image, output, symbols, tarball
from resea.errors import UserError
from resea.files import write_if_changed

_IMAGE_BASE = re.compile(r"^#define USER_IMAGE_BASE\s+(0x[0-9a-fA-F]+)", re.MULTILINE)


class Image:
    """The last steps of a build. `user` and `kernel` are graph.Half objects."""

    def __init__(self, build, user, kernel):
        self.build = build
        self.user = user
        self.kernel = kernel
        self.script = build.board_file("kernel.ld")
        if not self.script.is_file():
            raise UserError(build.shown(self.script), "the file is missing; it lays out the kernel")

    def add(self, programs, objects):
        """Tells SCons about the steps; gives the nodes of kernel and image."""
        self._add_bootfs(programs)
        kernel = self._add_kernel(objects + self._add_bootfs_object())
        return kernel + self._add_image(kernel) + self._add_more_images(kernel)

    def _add_bootfs(self, programs):
        build, env = self.build, self.user.env
        stripped = {}
        for component, program in zip(build.programs, programs):
            stripped[component.name] = build.folder / "bootfs" / component.name
            env.Strip(build.shown(stripped[component.name]), program)
        vm = stripped.pop("vm")
        files = {"manifest": self._write_manifest(), **stripped,
                 **manifest.extra_files(build.manifest, build.top)}
        action = environment.python_action(lambda target: self._write_bootfs(target, vm, files),
                                           [bootfs, elf, tarball], "BOOTFS")
        sources = [source for path in files.values() for source in tarball.sources(path)]
        node = env.Command(build.shown(build.bootfs),
                           [build.shown(path) for path in [vm, *sources]], action)
        env.Depends(node, env.Value([list(files), build.manifest.commands(), build.manifest.twins(),
                                     [str(source) for source in sources]]))

    def _write_manifest(self):
        path = self.build.folder / "manifest.bin"
        write_if_changed(path, manifest_image.pack(self.build.manifest, self.build.arch))
        return path

    def _write_bootfs(self, target, vm, files):
        page_size = self.build.arch.page_size
        init = elf.flatten(vm, page_size)
        self._check_base(init)
        files = [(name, tarball.contents(path)) for name, path in files.items()]
        board = self.build.manifest
        target.write_bytes(bootfs.pack(init, files, page_size, board.commands(),
                                       board.twins()))

    def _check_base(self, init):
        """The kernel maps vm at USER_IMAGE_BASE; what the linker script says must be the same."""
        header = self.build.arch_folder / "include/arch_types.h"
        match = _IMAGE_BASE.search(header.read_text())
        if match and int(match.group(1), 0) != init.base:
            raise UserError(self.build.shown(self.build.arch_folder / "user/user.ld"),
                            f"links programs for {init.base:#x}, but USER_IMAGE_BASE in "
                            f"{self.build.shown(header)} is {match.group(1)}")

    def _add_assembly(self, name, text, depends):
        """An object of the kernel whose source is made by `text()`."""
        env, path = self.kernel.env, self.build.folder / f"{name}.S"
        action = environment.python_action(lambda target: target.write_text(text()),
                                           [bootfs, symbols, elf], "GEN")
        source = env.Command(self.build.shown(path), depends, action)
        return env.Compile(self.build.shown(path.with_suffix(".o")), source)

    def _add_bootfs_object(self):
        shown = self.build.shown(self.build.bootfs)
        node = self._add_assembly(
            "bootfs", lambda: bootfs.assembly(shown, self.build.arch.page_size),
            self.kernel.env.Value(shown))
        self.kernel.env.Depends(node, shown)  # .incbin is nothing that SCons knows
        return node

    def _add_kernel(self, objects):
        first, env = self.build.folder / "resea.pass1.elf", self.kernel.env
        empty = self._add_assembly("symtab.empty", lambda: symbols.assembly([]), env.Value(""))
        pass1 = self.kernel.link(first, objects + empty, self.script)
        full = self._add_assembly("symtab", lambda: symbols.assembly(elf.functions(first)), pass1)
        node = self.kernel.link(self.build.elf, objects + full, self.script)
        env.AddPostAction(node, environment.python_action(
            lambda target: symbols.check(first, target), [symbols, elf]))
        return node

    def _add_image(self, kernel):
        build, env = self.build, self.kernel.env
        node = env.Convert(build.shown(build.image), kernel,
                           FORMAT=f"-O {build.arch.image}" if build.arch.image else "")
        env.AddPostAction(node, environment.python_action(lambda target: self._report(), [bootfs]))
        return node

    def _add_more_images(self, kernel):
        """The manifest's [images]: what a board's own tools and boot loader want."""
        build, env = self.build, self.kernel.env
        return [env.Convert(build.shown(build.folder / name), kernel, FORMAT=f"-O {kind}")
                for name, kind in build.manifest.images.items()]

    def _report(self):
        print("\n".join(bootfs.summary(self.build.bootfs.read_bytes())))
        image = self.build.image
        print(f"{self.build.shown(image)}: {output.size(image.stat().st_size)}")
