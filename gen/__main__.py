"""Command line: `python3 -m gen [--check] [--ir] [--root DIR]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gen import emit, rules
from gen.build import build
from gen.model import Api
from gen.parse import read_api


def load(root: Path) -> Api:
    """The model of root/api, or an ApiError that tells all breaches."""
    problems = rules.Problems()
    headers = read_api(root, problems)
    if not problems.found:  # after a parse error the tree is full of int
        api = build(headers, problems)
        rules.check(api, problems)
    if problems.found:
        raise rules.ApiError(problems.text())
    return api


def run(root: Path, *, check: bool, show_ir: bool) -> int:
    try:
        api = load(root)
        if show_ir:
            sys.stdout.write(emit.ir(api))
            return 0
        files = emit.render(api)
    except rules.ApiError as error:
        print(error, file=sys.stderr)
        return 1
    if check:
        text = emit.diff(files, root)
        if text:
            print(f"{text}\nThis is not what api/ says. Run: {emit.COMMAND}", file=sys.stderr)
        return 1 if text else 0
    print("\n".join(emit.write(files, root)) or "Nothing to do.")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog=emit.COMMAND, description="Makes generated/ from api/*.hpp.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail with a diff if generated/ is stale")
    parser.add_argument("--ir", action="store_true", help="print the model as JSON")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent, help=argparse.SUPPRESS)
    args = parser.parse_args()
    return run(args.root.resolve(), check=args.check, show_ir=args.ir)


if __name__ == "__main__":
    sys.exit(main())
