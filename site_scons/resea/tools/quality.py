"""The commands that check things: test, unittest, check, compiledb, doctor and docs."""

from resea import output
from resea.commands import Option, command


@command("test", "runs all tests, or one board's; prints one summary at the end",
         options=[Option("tests", "TEXT", "only those whose names match, as pytest's -k"),
                  Option("jobs", "N", "how many tests run side by side (default: one a CPU)")])
def test(ctx):
    from resea import testrun
    return testrun.run(ctx.top, ctx.options)


@command("unittest", "runs the unit tests natively under ASan and UBSan", needs=["unittests"],
         options=[Option("target", "FOLDER", "only those of one server, library or part")])
def unittest(ctx):
    from resea import testrun
    return testrun.run_native(ctx.unittests)


@command("check", "clang-format, clang-tidy, sparse, and flake8 for Python", needs=["image"],
         options=[Option("beyond", "BOARD", "only C files that this board, checked before, lacks")])
def check(ctx):
    from resea import check as checks
    from resea import compiledb as database
    entries = database.write(ctx.build, ctx.build.folder)
    other = ctx.options.get("beyond")
    if other:
        known = database.sources(ctx.top / "build" / f"{other}-{ctx.build.mode}")
        entries = [entry for entry in entries if entry["file"] not in known]
    findings = checks.check(ctx.top, ctx.build.folder, entries, whole_tree=not other)
    for finding in findings:
        print(output.paint(finding.tool + ":", "WARNING"))
        print(finding.text)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


@command("compiledb", "writes compile_commands.json, for editors and checkers", needs=["image"])
def compiledb(ctx):
    from resea import compiledb as database
    print(f"compile_commands.json: {len(database.write(ctx.build, ctx.top))} files")


@command("docs", "builds the book into build/docs/html")
def docs(ctx):
    from resea import book
    return book.build(ctx.top)


@command("doctor", "shows what is missing, how to get it, and where each option's value is from")
def doctor(ctx):
    from resea import doctor as examination
    catalog = examination.load_catalog()
    print("Tools")
    print("\n".join(examination.tool_lines(catalog, output.paint)))
    print(examination.summary(catalog))
    if catalog.tools["kconfiglib"].missing():
        return
    for title, lines in examination.configurations(ctx):
        print(f"\n{title}")
        print("\n".join(lines))
