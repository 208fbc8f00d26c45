"""What a plugin must be to be registered; every fault of it is found, not only the first."""

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from attrs import frozen

from sigma_core.errors import ExpressionError, SettingError, UserError, listed, nearest, nearest_hint
from sigma_core.hooks._budget import Budget
from sigma_core.hooks._markers import BACKGROUNDS, MARK, PHASES, SCOPES, Options
from sigma_core.hooks._specifications import ARGUMENTS, HOOKS, SNAPSHOT
from sigma_core.hooks._trigger import Trigger

_PAIR_ENDINGS = ("_started", "_ended")


@frozen
class Candidate:
    """A function that a plugin offers for a hook, found sound or not."""

    hook: str
    function: Callable[..., Any]
    options: Options
    arguments: tuple[str, ...] = ()
    when: Trigger | None = None
    budget: Budget | None = None


def candidates(plugin: object) -> Iterator[Candidate]:
    """What the plugin has under names that begin with "sigma_", except modules, classes and plain data."""
    for name in dir(plugin):
        if name.startswith("sigma_"):
            value = getattr(plugin, name, None)
            # `import sigma_nn` in a module that is a plugin gives it an attribute of that name.
            if callable(value) and not isinstance(value, type | ModuleType):
                yield Candidate(name, value, getattr(value, MARK, Options()).of(plugin))


def check_plugin(plugin: object, name: str) -> UserError | None:
    """The reason why the object as such cannot be registered, whatever it implements."""
    where = f"plugin {name!r}"
    if isinstance(plugin, type):
        return UserError(
            where=where,
            found=f"is the class {plugin.__name__}",
            expected="an instance or a module",
            remedy=f"register {plugin.__name__}(...)",
        )
    try:
        hash(plugin)
    except TypeError:
        kind = type(plugin).__name__
        return UserError(
            where=where,
            found=f"is an instance of {kind}, which cannot be hashed",
            expected="an object that is equal to itself alone",
            remedy=f"declare {kind} with @attrs.define(eq=False), or without a method __eq__",
        )
    return None


def no_hooks(plugin: object, name: str) -> UserError:
    """The fault of a plugin that would never be called, as one is that was written for another framework."""
    names = [attribute for attribute in dir(plugin) if not attribute.startswith("_")]
    found = f"none of its attributes is named sigma_*: {', '.join(names)}" if names else "it has no attributes"
    return UserError(
        where=f"plugin {name!r}",
        found=found,
        expected="a method for each hook, such as sigma_epoch_ended",
        remedy="name its methods after hooks; docs/hooks.md lists them all",
    )


def check_candidate(candidate: Candidate, plugin: str) -> tuple[Candidate, list[UserError]]:
    """The candidate with its arguments and its trigger, and everything that is wrong with it."""
    where = f"hook {candidate.hook!r} of plugin {plugin!r}"
    if candidate.hook not in HOOKS:
        return candidate, [_unknown_hook(candidate.hook, where)]
    faults = [*_generator_faults(candidate, where)]
    options = candidate.options
    arguments, wrong = _arguments(candidate.function, where, in_background=bool(options.background))
    faults += wrong
    faults += _background_faults(options, where)
    for option, value, allowed in (("phase", options.phase, PHASES), ("scope", options.scope, SCOPES)):
        if value not in allowed:
            faults.append(UserError(where=where, found=f"unknown {option} {value!r}", expected=_choice(value, allowed)))
    when: Trigger | None = None
    if options.when is None or isinstance(options.when, Trigger):
        when = options.when
    else:
        try:
            when = Trigger.parse(str(options.when))
        except ExpressionError as error:
            error.where = f"{where}, when"
            faults.append(error)
    budget = options.budget if isinstance(options.budget, Budget) else None
    if options.budget is not None and budget is None:
        try:
            budget = Budget.parse(options.budget, f"{where}, budget")
        except SettingError as error:
            faults.append(error)
    return Candidate(candidate.hook, candidate.function, options, arguments, when, budget), faults


def _background_faults(options: Options, where: str) -> Iterator[UserError]:
    given = options.background
    if given and given not in BACKGROUNDS:
        expected = f"True, {_choice(given, BACKGROUNDS)}"
        yield UserError(where=where, found=f"unknown background {given!r}", expected=expected)
    if given and options.scope == "worker":
        yield UserError(
            where=where,
            found="runs in each worker and in the background, too",
            expected="one of the two",
            remedy="leave scope or background out",
        )


def _choice(value: object, allowed: tuple[str, ...]) -> str:
    return ", ".join(allowed) + nearest_hint(str(value), allowed)


def _unknown_hook(hook: str, where: str) -> UserError:
    close = nearest(hook, HOOKS)
    return UserError(
        where=where,
        found="there is no such hook",
        expected=f"{close} (nearest)" if close else listed(HOOKS),
        remedy="correct the name; a function that is no hook must not begin with sigma_",
    )


def _generator_faults(candidate: Candidate, where: str) -> Iterator[UserError]:
    function = candidate.function
    if inspect.isgeneratorfunction(function):
        subject = candidate.hook
        for ending in _PAIR_ENDINGS:
            subject = subject.removesuffix(ending)
        pair = [f"{subject}{ending}" for ending in _PAIR_ENDINGS]
        both = all(name in HOOKS for name in pair)
        yield UserError(
            where=where,
            found="is a generator; hooks here are points in time and wrap nothing",
            expected="a plain function",
            remedy=f"implement {' and '.join(pair)}" if both else "take the `yield` out",
        )
    elif inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield UserError(
            where=where,
            found="is a coroutine, which nobody would await",
            expected="a plain function",
            remedy="listen on the event bus, whose listeners have a thread of their own",
        )


def _arguments(
    function: Callable[..., Any], where: str, *, in_background: bool
) -> tuple[tuple[str, ...], list[UserError]]:
    known = (*ARGUMENTS, SNAPSHOT) if in_background else ARGUMENTS
    allowed = ", ".join(known) + ", any, or none" if in_background else " and ".join(known) + ", either, or none"
    faults = []
    names = []
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        found = f"the arguments of {function!r} cannot be told"
        return (), [UserError(where=where, found=found, expected=allowed, remedy="wrap it in a function")]
    for name, parameter in parameters.items():
        names.append(name)
        found = ""
        remedy = ""
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            found = f"takes {parameter}"
            remedy = "name the arguments that are needed"
        elif name == SNAPSHOT and not in_background:
            found = "takes a snapshot, as only hooks in the background do"
            remedy = "write @hookimpl(background=True), or read from the trainer"
        elif name not in known:
            found = f"unknown argument {name!r}{nearest_hint(name, known)}"
        elif parameter.kind is parameter.KEYWORD_ONLY:
            found = f"takes {name!r} by keyword only"
            remedy = "take the * out of the signature"
        elif parameter.default is not parameter.empty:
            found = f"argument {name!r} has a default, which would hide a misspelt name"
            remedy = "take the default away; an argument that is not needed can be left out"
        if found:
            faults.append(UserError(where=where, found=found, expected=allowed, remedy=remedy))
    return tuple(names), faults
