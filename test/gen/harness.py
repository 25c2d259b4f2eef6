"""What the tests of the generator share: a small repository in a temporary folder, and the compilers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASES = sorted((HERE / "cases").glob("*.hpp"))
ERRORS = sorted((HERE / "errors").glob("R*.hpp"))
COMPILERS = ("typescript", "typescript-7")


def generate(root: Path, *args: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    """Runs the command line of the generator on another repository."""
    return subprocess.run(
        [sys.executable, "-B", "-m", "gen", "--root", str(root), *args],
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False,
    )


def make_root(folder: Path, header: Path) -> Path:
    """A repository with that one header in api/, and those of support/ that it includes."""
    api = folder / "api"
    api.mkdir(parents=True)
    shutil.copy(ROOT / "api/annotate.hpp", api)
    shutil.copy(header, api)
    for support in (HERE / "support").glob("*.hpp"):
        if f'"api/{support.name}"' in header.read_text():
            shutil.copy(support, api)
    return folder


def outputs(header: Path) -> dict[str, str]:
    """What the generator makes of one case: the files that its .expected folder holds."""
    topic = header.stem
    with tempfile.TemporaryDirectory() as folder:
        root = make_root(Path(folder), header)
        run = generate(root)
        if run.returncode != 0:
            raise AssertionError(run.stderr)
        out = root / "generated"
        names = {name: out / name for name in ("index.d.ts", "native.d.ts")}
        names |= {f"{topic}.gen.{suffix}": out / f"glue/{topic}.gen.{suffix}" for suffix in ("hpp", "cpp")}
        names["reference.md"] = root / f"docs/api/{topic}.md"
        if topic == "errors":
            names["errors.js"] = out / "errors.js"
        if topic == "enums":
            names["names.js"] = out / "names.js"
        if (out / "names").is_dir() and (out / f"names/{topic}.hpp").is_file():
            names["names.hpp"] = out / f"names/{topic}.hpp"
        if topic == "option_fields":
            names["defaults.js"] = out / "defaults.js"
        if topic == "class":
            names["index.mjs"] = out / "index.mjs"
            (root / "ir.json").write_text(generate(root, "--ir").stdout)
            names["ir.json"] = root / "ir.json"
        return {name: path.read_text() for name, path in names.items()}


def message(header: Path) -> str:
    """What the generator says about one header that breaks a rule."""
    with tempfile.TemporaryDirectory() as folder:
        run = generate(make_root(Path(folder), header))
        if run.returncode != 1:
            raise AssertionError(f"exit code {run.returncode}\n{run.stdout}{run.stderr}")
        return run.stderr


def compile_cpp(source: Path, *include: Path) -> str:
    """What g++ says of a source, with the warnings of the build; empty if it is content."""
    modules = ROOT / "node_modules"
    if not (modules / "node-addon-api/napi.h").is_file():
        raise AssertionError("The glue cannot be compiled: node-addon-api is not installed. Run `npm ci` first.")
    command = ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
    command += ["-DNAPI_VERSION=9", "-DNAPI_CPP_EXCEPTIONS", "-DNODE_ADDON_API_DISABLE_DEPRECATED"]
    for folder in (*include, ROOT, ROOT / "src"):
        command.append(f"-I{folder}")
    for folder in ("node-addon-api", "node-api-headers/include"):
        command += ["-isystem", str(modules / folder)]
    run = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    return run.stderr if run.returncode else ""


def compile_ts(compiler: str, files: list[Path], *options: str) -> str:
    """What tsc says of typings in its strict mode; empty if it is content."""
    tsc = ROOT / "node_modules" / compiler / "bin/tsc"
    if not tsc.is_file():
        raise AssertionError(f"The typings cannot be compiled: {compiler} is not installed. Run `npm ci` first.")
    command = ["node", str(tsc), "--noEmit", "--pretty", "false", "--strict", "--exactOptionalPropertyTypes",
               "--skipLibCheck", "false", "--target", "es2022", "--module", "nodenext", *options]
    run = subprocess.run([*command, *map(str, files)], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr if run.returncode else ""
