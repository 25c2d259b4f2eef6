"""Rewrites the expected files of the tests: `npm run gen:accept`. The reviewer reads the diff."""

from __future__ import annotations

import shutil

from harness import CASES, ERRORS, message, outputs


def main() -> None:
    for header in CASES:
        expected = header.with_suffix(".expected")
        shutil.rmtree(expected, ignore_errors=True)
        expected.mkdir()
        for name, text in outputs(header).items():
            (expected / name).write_text(text)
    for header in ERRORS:
        header.with_suffix(".expected").write_text(message(header))
    print(f"{len(CASES)} cases and {len(ERRORS)} errors rewritten.")


if __name__ == "__main__":
    main()
