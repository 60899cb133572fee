"""Command line of the IDL compiler; see the package's docstring."""

import argparse
import sys
from pathlib import Path

from . import (IdlError, compile_files, generate_headers, generate_html, generate_json,
               write_if_changed)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m resea.idl", description="The IDL compiler.")
    parser.add_argument("files", nargs="*", type=Path, help="the tree's .idl files")
    parser.add_argument("--external", nargs="+", type=Path, default=[], metavar="FILE",
                        help=".idl files from outside of the tree")
    parser.add_argument("--lock", type=Path, help="where the tree's numbers are kept")
    parser.add_argument("--external-lock", type=Path, help="the same for external files")
    parser.add_argument("--update-lock", action="store_true", help="number what has no number yet")
    parser.add_argument("--c", type=Path, metavar="DIR", help="write the C headers there")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the reference page")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what tools need")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    args = _arguments(argv)
    try:
        model = compile_files(args.files, args.lock, args.external, args.external_lock,
                              args.update_lock)
    except IdlError as error:
        print(error, file=sys.stderr)
        return 1
    if args.c:
        for name, text in generate_headers(model).items():
            write_if_changed(args.c / name, text)
    if args.html:
        write_if_changed(args.html, generate_html(model))
    if args.json:
        write_if_changed(args.json, generate_json(model))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
