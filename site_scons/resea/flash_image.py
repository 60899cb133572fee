"""From programs and kernel objects to a flash image, for boards without an MMU.

    program objects --link at 0--> layout/NAME.pass1.elf --+
    kernel objects, an empty table --link--> pass1.elf ----+--> layout.json --> layout/NAME.ld
                                                                                     |
    program objects --link at their place--> servers/NAME.elf <----------------------+
    layout.json, entry points, manifest --> program_table.o
    kernel objects, program_table.o --link--> resea.elf
    resea.elf, servers/*.elf --> resea.img, resea.hex, layout.txt

`layout` decides on the places.
"""

from resea import elf, environment, layout, manifest_image, rights, symbols
from resea.errors import UserError
from resea.files import write_if_changed

# More than any program of such a board has: the first link must not fail for lack of it.
_PLENTY = 1 << 20
_TABLE = "__program_table"


class FlashImage:
    """The last steps of a build. `user` and `kernel` are graph.Half objects."""

    def __init__(self, build, user, kernel):
        self.build = build
        self.user = user
        self.kernel = kernel
        self.folder = build.folder / "layout"
        self.script = build.board_file("kernel.ld")
        if not self.script.is_file():
            raise UserError(build.shown(self.script), "the file is missing; it lays out the kernel")
        self.user_script = build.arch_folder / "user/user.ld"
        self.programs = [self._program(component.name) for component in build.programs]
        self.manifest = manifest_image.pack(build.manifest, build.arch)
        self.layout = build.folder / "layout.json"

    def _program(self, name):
        """What the manifest gives a program; [app_default] gives the same to each of its own."""
        memory = self._server(name).memory
        return layout.Program(name, memory["ram"], memory["stack"], memory["ool"],
                              memory["overlay"])

    def _server(self, name):
        servers = {s.name: s for s in self.build.manifest.servers}
        return servers.get(name, self.build.manifest.app_default)

    def _error(self, name, what):
        """The exception about a program's memory, or about the board's."""
        path = ("board",)
        if name:
            path = rights.path_of(self.build.manifest, self._server(name)) + ("memory",)
            what = f"{name} {what}"
        return self.build.manifest.file.error(path, what)

    def add(self, programs, objects):
        """Tells SCons about the steps; gives the nodes of kernel, image and programs."""
        first = [self._link_first(program.name, nodes)
                 for program, nodes in zip(self.programs, programs)]
        symtab, sized = self._size_kernel(objects)
        self._add_layout(first, sized)
        final = [self._link_final(program.name, nodes)
                 for program, nodes in zip(self.programs, programs)]
        kernel = self._link_kernel(objects + symtab, final, sized)
        return kernel + self._add_image(kernel, final) + final

    def _link(self, target, nodes, script):
        node = self.user.link(target, nodes, script)
        self.user.env.Depends(node, self.build.shown(self.user_script))
        return node

    def _link_first(self, name, nodes):
        """At no particular place, to learn a program's size."""
        board = self.build.manifest
        place = layout.Place(name, board.flash_memory[0], 0, board.ram_memory[0], _PLENTY,
                             stack=self._server(name).memory["stack"],
                             ool=self._server(name).memory["ool"])
        script = self.folder / f"{name}.pass1.ld"
        write_if_changed(script, layout.script(place, 0, self.build.shown(self.user_script)))
        return self._link(self.folder / f"{name}.pass1.elf", nodes, script)

    def _link_final(self, name, nodes):
        script = self.folder / f"{name}.ld"
        user_script = self.build.shown(self.user_script)

        def write(target):
            found = self._read_layout()
            place = next(p for p in found.programs if p.name == name)
            target.write_text(layout.script(place, found.table, user_script))

        self._command(script, [self.layout], write)
        return self._link(self.build.program_elf(name), nodes, script)

    def _command(self, target, sources, function, word=None):
        action = environment.python_action(function, [layout, elf, symbols, manifest_image], word)
        return self.user.env.Command(self.build.shown(target),
                                     [self.build.shown(s) for s in sources], action)

    def _read_layout(self):
        return layout.from_json(self.layout.read_text())

    # The kernel.

    def _assembly(self, name, sources, text):
        """An object of the kernel whose source is made by `text()`."""
        path = self.build.folder / f"{name}.S"
        source = self._command(path, sources, lambda target: target.write_text(text()), "GEN")
        return self.kernel.env.Compile(self.build.shown(path.with_suffix(".o")), source)

    def _size_kernel(self, objects):
        """The symbol table's object, and the kernel with an empty program table in it: its size is
        the final one. Release builds have no room for names."""
        empty = layout.assembly(layout.empty_table(len(self.programs), len(self.manifest)),
                                bytes(len(self.manifest)))
        table = self._assembly("program_table.empty", [], lambda: empty)
        self.kernel.env.Depends(self.build.shown(self.build.folder / "program_table.empty.S"),
                                self.kernel.env.Value(empty))
        symtab = self._assembly("symtab.empty", [], lambda: symbols.assembly([]))
        path = self.build.folder / "resea.pass1.elf"
        sized = self.kernel.link(path, objects + symtab + table, self.script)
        if self.build.mode == "debug":
            symtab = self._assembly("symtab", [path],
                                    lambda: symbols.assembly(elf.functions(path)))
            sized = self.kernel.link(self.build.folder / "resea.pass2.elf",
                                     objects + symtab + table, self.script)
        return symtab, sized

    def _link_kernel(self, objects, final, sized):
        path = self.build.folder / "manifest.bin"
        write_if_changed(path, self.manifest)
        elfs = [self.build.program_elf(p.name) for p in self.programs]

        def text():
            entries = {p.name: elf.entry(e) for p, e in zip(self.programs, elfs)}
            parts = layout.pack_table(self._read_layout(), entries, len(self.manifest))
            return layout.assembly(parts, self.manifest)

        table = self._assembly("program_table", [self.layout, path, *elfs], text)
        node = self.kernel.link(self.build.elf, objects + table, self.script)
        first = self.build.top / str(sized[0])
        self.kernel.env.AddPostAction(node, environment.python_action(
            lambda target: symbols.check(first, target), [symbols, elf]))
        return node

    # The layout and the image.

    def _add_layout(self, first, sized):
        board = self.build.manifest
        kernel = self.build.top / str(sized[0])
        paths = [self.build.top / str(node[0]) for node in first]

        def write(target):
            reserved = layout.reserved(board.devices.values(), board.flash_memory)
            found = layout.lay_out(
                layout.Board(board.flash_memory, board.ram_memory, self.build.arch.page_size,
                             reserved, self._error),
                self._sizes(kernel), elf.symbol(kernel, _TABLE),
                list(zip(self.programs, map(self._sizes, paths))))
            target.write_text(layout.to_json(found))

        node = self._command(self.layout, [kernel, *paths], write, "LAYOUT")
        self.user.env.Depends(node, self.user.env.Value(repr(
            [board.flash_memory, board.ram_memory, self.programs, list(board.devices.values())])))

    @staticmethod
    def _sizes(path):
        return layout.Sizes(*elf.sizes(path))

    def _add_image(self, kernel, final):
        build, env = self.build, self.kernel.env
        elfs = [build.elf] + [build.program_elf(p.name) for p in self.programs]

        def write(target):
            found = self._read_layout()
            self._check(found)
            text = "\n".join(layout.describe(found, build.folder.name)) + "\n"
            (build.folder / "layout.txt").write_text(text)
            target.write_bytes(elf.image(elfs, found.flash))
            print(text, end="")

        image = self._command(build.image, [self.layout, *elfs], write, "IMAGE")
        env.SideEffect(build.shown(build.folder / "layout.txt"), image)
        base = build.manifest.flash_memory[0]
        formats = {"resea.hex": "ihex", **build.manifest.images}
        return image + [env.Convert(
            build.shown(build.folder / name), image,
            FORMAT=f"-I binary -O {kind} --change-addresses={base:#x}")
            for name, kind in formats.items()]

    def _check(self, found):
        """The second link must have given what the first one promised."""
        if elf.symbol(self.build.elf, _TABLE) != found.table:
            raise UserError(self.build.shown(self.build.elf), f"{_TABLE} moved when it was filled "
                            "in: kernel.ld must place .program_table behind all code")
        places = [(found.kernel, self.build.elf)]
        places += [(p, self.build.program_elf(p.name)) for p in found.programs]
        for place, path in places:
            sizes = self._sizes(path)
            if (sizes.flash, sizes.data, sizes.bss) != (place.flash_len, place.data, place.bss):
                raise UserError(self.build.shown(path), "its size changed when it was linked at "
                                "its place: the linker script must not depend on addresses")
