"""The command as a whole: exit codes, errors, tracebacks."""

import io
import subprocess
import sys

import pytest

from sigma_core.cli import main
from sigma_core.errors import StorageError
from sigma_core.registry import ComponentRegistry

KERNEL = [
    "components",
    "data",
    "explain",
    "graph",
    "network",
    "plugins",
    "recipe",
    "replay",
    "resume",
    "run",
    "runs",
    "train",
    "watch",
]


def test_without_a_command_it_helps(sigma):
    """And says which commands there are."""
    code, out, err = sigma("--help")

    assert (code, err) == (0, "")
    lines = [line.split(maxsplit=1) for line in out.split("Commands:\n")[1].splitlines()]
    # Plugins that are installed may bring others.
    assert [name for name, summary in lines if not summary.startswith("From ")] == KERNEL


def test_it_tells_its_version(sigma):
    """That of the distribution."""
    assert sigma("--version") == (0, "sigma, version 0.1.0\n", "")


def test_a_misspelt_command_is_told_with_the_nearest(sigma):
    """A fault of usage."""
    code, out, err = sigma("tran")

    assert (code, out) == (2, "")
    brought = [component.name for component in ComponentRegistry().components("commands")]
    assert err.splitlines()[-1] == (
        f"Error: there is no command 'tran'; expected: {', '.join(sorted([*KERNEL, *brought]))} (nearest: train)"
    )


TOOL = """
import click

@click.command()
@click.option("--size", default=1)
def tool(size):
    \"\"\"Measure what there is.\"\"\"
    click.echo(f"size {size}")

@click.command()
def train():
    click.echo("another one")

def bare():
    pass
"""
COMMANDS = {"tool": "tool_of_x:tool", "train": "tool_of_x:train", "bare": "tool_of_x:bare", "gone": "gone_of_x:gone"}


@pytest.fixture
def tools(install):
    """A distribution with a command that works, one that is called as the kernel's, and two that are broken."""
    install("sigma-x", {"sigma.commands": COMMANDS}, modules={"tool_of_x.py": TOOL, "gone_of_x.py": "import not_there"})


def test_plugins_bring_commands(tools, sigma):
    """They are called as those of the kernel are, with options, help and errors."""
    assert sigma("tool", "--size", "3") == (0, "size 3\n", "")
    assert sigma("tool", "--help")[1].splitlines()[:3] == [
        "Usage: sigma tool [OPTIONS]",
        "",
        "  Measure what there is.",
    ]
    code, _, err = sigma("tol")
    assert code == 2
    assert err.splitlines()[-1].endswith("runs, tool, train, watch (nearest: tool)")


def test_commands_of_plugins_are_listed_without_being_imported(tools, sigma):
    """By what the metadata says; a broken one is nobody's trouble but its own."""
    code, out, err = sigma("--help")

    assert (code, err) == (0, "")
    lines = [line.split(maxsplit=1) for line in out.split("Commands:\n")[1].splitlines()]
    assert [line for line in lines if "sigma-x" in line[1]] == [
        [name, "From sigma-x 1.0."] for name in ("bare", "gone", "tool")
    ]
    assert not {"tool_of_x", "gone_of_x"} & set(sys.modules)


def test_a_command_of_the_kernel_is_not_replaced(tools, sigma):
    """Its name is taken, whoever offers it too."""
    code, out, _ = sigma("train", "--help")
    assert (code, out.splitlines()[0]) == (0, "Usage: sigma train [OPTIONS] RECIPE")


def test_a_command_that_cannot_be_had_says_why(tools, sigma):
    """As any component does, and only when it is called."""
    assert sigma("gone") == (
        2,
        "",
        (
            "error: commands 'gone' (sigma-x 1.0): it needs not_there, which is not installed\n"
            "  to do:    pip install not_there\n  (--traceback shows where)\n"
        ),
    )
    assert sigma("bare") == (
        1,
        "",
        (
            "error: commands 'bare' (sigma-x 1.0): it is of type function\n"
            "  expected: a command of click\n"
            "  to do:    decorate it with click.command or click.group\n"
        ),
    )


def test_a_command_that_two_plugins_bring_is_none(tools, install, sigma):
    """Who installed both is told, and in the list that it does not work."""
    install("sigma-y", {"sigma.commands": {"tool": "tool_of_x:tool"}})

    assert sigma("tool") == (
        2,
        "",
        (
            "error: commands 'tool': it is offered more than once, by sigma-x 1.0 and sigma-y 1.0\n"
            "  expected: one component for each name\n"
            "  to do:    uninstall one of the distributions, or block one by its name\n"
        ),
    )
    assert "  tool        From sigma-y 1.0, failed.\n" in sigma("--help")[1]


def test_a_command_of_a_plugin_is_described(tools, sigma):
    """By its help, as a class is by its docstring."""
    code, out, _ = sigma("components", "commands", "tool")
    assert (code, out) == (0, "commands tool (sigma-x 1.0)\n\nMeasure what there is.\n\nIt has no settings.\n")


def test_the_list_of_commands_is_quick():
    """Neither the commands nor NumPy are imported for it."""
    script = (
        "import sys\nfrom sigma_core.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('numpy', 'sigma_core.training', 'sigma_core.cli._train') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]"


def test_what_is_no_command_is_none():
    """To whatever looks one up, as shells that complete words do."""
    import click

    from sigma_core.cli import sigma

    assert sigma.get_command(click.Context(sigma), "tran") is None
    assert sigma.get_command(click.Context(sigma), "train").name == "train"


def test_a_misspelt_option_is_told(sigma):
    """A fault of usage, too."""
    code, _, err = sigma("train", "--directry", "x", "y.toml")

    assert code == 2
    # In click's words, which differ between its versions.
    last = err.splitlines()[-1]
    assert last.startswith("Error: No such option")
    assert "--directry" in last
    assert "--directory" in last


def test_a_users_fault_ends_with_two(sigma, tmp_path):
    """With the message and nothing else."""
    assert sigma("train", "none.toml") == (
        2,
        "",
        "error: none.toml: there is no such file\n  expected: a recipe\n  to do:    give the path of a recipe\n",
    )


@pytest.fixture
def failing(monkeypatch):
    """Makes every command raise something."""

    def raising(error):
        def broken(*_, **__):
            raise error

        monkeypatch.setattr("sigma_core.cli.sigma.main", broken)

    return raising


def test_what_the_system_said_needs_no_place(sigma, failing):
    """A message that says all is not followed by the advice to look further."""
    error = StorageError("there", "it is full")
    error.__cause__ = OSError()
    failing(error)

    assert sigma("plugins") == (1, "", "error: there: it is full\n")


def test_a_failure_ends_with_one(sigma, failing):
    """What was noted on the way is told, and where to see more."""
    error = StorageError("there", "it is full", "room", "make some")
    error.add_note("while the run was torn down: ValueError: more")
    error.__cause__ = RuntimeError()
    failing(error)

    assert sigma("plugins") == (
        1,
        "",
        (
            "error: there: it is full\n  expected: room\n  to do:    make some\n"
            "  while the run was torn down: ValueError: more\n  (--traceback shows where)\n"
        ),
    )


def test_what_should_not_happen_is_no_bare_traceback(sigma, failing):
    """It is named, and how to report it."""
    failing(ZeroDivisionError("division by zero"))

    assert sigma("plugins") == (
        1,
        "",
        (
            "error: ZeroDivisionError: division by zero\n"
            "  to do:    this should not happen; run again with --traceback and report it\n"
        ),
    )


@pytest.mark.parametrize("arguments", [["--traceback", "train", "x.toml"], ["train", "x.toml", "--traceback"]])
def test_a_traceback_is_shown_where_it_is_asked_for(sigma, arguments):
    """Wherever the word stands; the exit code is the same."""
    code, out, err = sigma(*arguments)

    assert (code, out) == (2, "")
    assert err.startswith("Traceback (most recent call last):\n")
    assert "sigma_core.errors.RecipeError: x.toml: there is no such file\n" in err


def test_ctrl_c_ends_with_130(sigma, failing):
    """As shells have it, whether it reaches click or not."""
    import click

    failing(KeyboardInterrupt())
    assert sigma("plugins") == (130, "", "interrupted\n")
    failing(click.exceptions.Abort())
    assert sigma("plugins")[0] == 130


def test_a_reader_that_leaves_is_no_reason_to_complain():
    """`sigma components layers | head -1` says nothing on the other stream."""
    command = [sys.executable, "-m", "sigma_core", "components", "layers"]
    script = (
        "import os, subprocess, sys; reading, writing = os.pipe(); os.close(reading); "
        f"sys.exit(subprocess.run({command!r}, stdout=writing).returncode)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_it_reads_the_words_of_the_process(monkeypatch, capsys):
    """Where it is given none."""
    monkeypatch.setattr(sys, "argv", ["sigma", "--version"])

    with pytest.raises(SystemExit) as caught:
        main()

    assert (caught.value.code, capsys.readouterr().out) == (0, "sigma, version 0.1.0\n")


def test_it_can_be_run_as_a_module():
    """Where the script is not on the path."""
    done = subprocess.run(
        [sys.executable, "-m", "sigma_core", "--version"], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == "sigma, version 0.1.0\n"


@pytest.fixture
def windows(monkeypatch, tmp_path):
    """Runs the command with standard output as Windows has it; what is written, in bytes."""

    def run(*arguments, is_terminal=False):
        written = io.BytesIO()
        stream = io.TextIOWrapper(written, encoding="cp1252")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(SystemExit) as caught:
            main([str(argument) for argument in arguments])
        stream.flush()
        assert caught.value.code == 0
        return written.getvalue()

    return run


def test_a_recipe_that_goes_into_a_file_can_be_read_again(windows, recipe, monkeypatch):
    """In UTF-8, whatever a system's code page is."""
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    out = windows("recipe", "show", recipe, "--set", "name=größe 名")

    assert 'name = "größe 名"' in out.decode("utf-8")


def test_what_an_encoding_lacks_is_escaped(windows, recipe, monkeypatch):
    """In a terminal, or where the user chose the encoding."""
    arguments = ("train", recipe, "--quiet", "--no-directory", "--set", "name=größe 名")

    assert windows(*arguments, is_terminal=True).decode("cp1252").startswith(r"größe \u540d ended: ")
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    assert windows(*arguments).decode("cp1252").startswith(r"größe \u540d ended: ")


def test_what_a_plugin_warns_of_is_said_in_words(install, sigma):
    """Without the place in its source; warnings that are for whoever writes it are shown as ever."""
    source = (
        "import warnings\n\n"
        "class Kind(UserWarning):\n    pass\n\n"
        "warnings.warn(Kind('the cellar is damp'))\n"
        "warnings.warn('it grows old', DeprecationWarning)\n\n"
        "class Cellar:\n    pass\n"
    )
    install("damp", {"sigma.hooks": {"cellar": "damp:Cellar"}}, modules={"damp.py": source})

    with pytest.warns(DeprecationWarning, match="^it grows old$"):
        code, _, err = sigma("components", "hooks", "cellar")

    assert (code, err) == (0, "warning: the cellar is damp\n")
