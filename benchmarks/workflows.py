"""The workflows that the rows run, written by functions of their size."""

from pathlib import Path

HEAD = 'schema_version: "1.0"\nworkflow: {id: NAME, name: NAME, version: "1.0.0"}\nsteps:\n'


def write(folder: Path, name: str, steps: str) -> Path:
    """Write a workflow of that name and return its file."""
    path = folder / f"{name}.yml"
    path.write_text(HEAD.replace("NAME", name) + steps, encoding="utf-8")
    return path


def sequence(folder: Path, count: int) -> Path:
    """Write `count` steps that do nothing, one after the other."""
    return write(folder, f"sequence-{count}", _idle(count))


def fan_out(folder: Path, count: int, *, concurrency: int) -> Path:
    """Write a fan-out over `count` items that do nothing."""
    steps = f"""\
  - id: fan
    type: fan-out
    items: {_numbers(count)}
    max_concurrency: {concurrency}
    step: {{id: leaf, type: shell, run: 'true'}}
"""
    return write(folder, f"fan-out-{count}", steps)


def rich(folder: Path, name: str, count: int) -> Path:
    """Write `count` steps with inputs and expressions that read the step before."""
    path = folder / f"{name}.yml"
    head = HEAD.replace("NAME", name).replace(
        "steps:\n", "inputs:\n  word: {type: string, default: weft}\nsteps:\n"
    )
    lines = [head, "  - {id: s0, type: shell, run: 'true'}\n"]
    lines += (
        f"  - id: s{number}\n    type: shell\n"
        '    run: echo "$BEFORE" "$WORD"\n'
        f"    env: {{BEFORE: '{{{{ steps.s{number - 1}.output.stdout }}}}', "
        "WORD: '{{ inputs.word }}'}\n"
        for number in range(1, count)
    )
    path.write_text("".join(lines), encoding="utf-8")
    return path


def printing(folder: Path, size: int) -> Path:
    """Write a step that prints `size` bytes."""
    return write(
        folder, f"print-{size}", f"  - {{id: p, type: shell, run: '{print_line(size)}'}}\n"
    )


def print_line(size: int) -> str:
    """Return the line of shell that prints `size` bytes."""
    return f"yes treadle | head -c {size}"


def killed_run(folder: Path, count: int) -> Path:
    """Write `count` steps that do nothing, and one that leaves a mark and goes on for long.

    That one ends at once where there is a file `go`.
    """
    last = "  - {id: first, type: shell, run: 'touch first; [ -e go ] || sleep 60'}\n"
    return write(folder, f"killed-{count}", _idle(count) + last)


def long_run(folder: Path, count: int) -> Path:
    """Write `count` occurrences without a process, a gate, and a step that leaves a mark."""
    steps = f"""\
  - id: fan
    type: fan-out
    items: {_numbers(count // 2)}
    step:
      id: item
      type: if
      condition: true
      then: [{{id: inner, type: switch, expression: "{{{{ item }}}}", cases: {{}}}}]
  - {{id: ask, type: gate, message: Go on}}
  - {{id: first, type: shell, run: touch first}}
"""
    return write(folder, f"long-{count}", steps)


def _idle(count: int) -> str:
    return "".join(f"  - {{id: s{number}, type: shell, run: 'true'}}\n" for number in range(count))


def _numbers(count: int) -> str:
    return "[" + ", ".join(map(str, range(count))) + "]"
