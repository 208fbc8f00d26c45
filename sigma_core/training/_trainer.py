"""The trainer: composed from parts, run, steered and asked."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve

from sigma_core.data import Batches, Data
from sigma_core.environment import Environment
from sigma_core.errors import ComponentError, TrainerError
from sigma_core.events import NetworkBuilt, RunReset, StepCompiled
from sigma_core.hooks import Clock, HookManager
from sigma_core.network import Network
from sigma_core.training._calls import calling
from sigma_core.training._control import Control
from sigma_core.training._criterion import Criterion, State
from sigma_core.training._criterion_text import parse_criterion
from sigma_core.training._describing import described
from sigma_core.training._directory import RunDirectory
from sigma_core.training._evaluating import Evaluating
from sigma_core.training._inspection import Inspection, inspect
from sigma_core.training._keeping import regular_checkpoints
from sigma_core.training._loop import Loop
from sigma_core.training._mailbox import Mailbox
from sigma_core.training._monitor import Attachment, Monitor, RunInfo, attach, preparing
from sigma_core.training._parts import Parts, groundwork
from sigma_core.training._requirements import check_required_scores, check_required_values, required_gradients
from sigma_core.training._resume import checkpoint_of, hook_states, identity, restore, restore_hooks, state_hash
from sigma_core.training._run import Run
from sigma_core.training._team import Team
from sigma_core.training.profiling import COMPILATION, MONITORS, STORE, check_budgets
from sigma_core.training.profiling._loop import loop_of, profiled
from sigma_core.training.recipe import Recipe, Setup, built, compose, write

if TYPE_CHECKING:
    from sigma_core.training._steering import Scripted

_DEFAULT: Any = object()


class Trainer(Control, Evaluating):
    """Trains a network on a dataset with an optimiser until a criterion says that it is good enough.

    Components are given as objects, by name, or as tables as in a recipe. Nothing is loaded or computed before `build`
    or whatever needs it first. Raises RecipeError, with all faults, for settings that do not fit.
    """

    def __init__(  # noqa: PLR0913  # the keys of a recipe, all but the first four by name
        self,
        network: Any,
        data: Any,
        optimiser: Any,
        stop: Any,
        *,
        validation: Any = None,
        metrics: Any = _DEFAULT,
        initialisers: Mapping[str, Any] | None = None,
        frozen: Iterable[str] = (),
        parameter_groups: Mapping[str, Any] | None = None,
        modifiers: Iterable[Any] = (),
        gradient_accumulation: int = 1,
        schedules: Mapping[str, Any] | None = None,
        hooks: Iterable[Any] = (),
        monitors: Iterable[Any] = (),
        backend: Any = "numpy",
        operator: Any = "local",
        dtype: Any = "float32",
        batch_size: int = 32,
        iterator: Any = "minibatch",
        prefetch: Any = "auto",
        checkpoint: Any = _DEFAULT,
        profile: bool = False,
        budgets: Mapping[str, str] | None = None,
        seed: int | None = None,
        name: str = "run",
        environment: Environment | None = None,
    ) -> None:
        environment = environment or Environment()
        values = {
            "network": network,
            "dataset": data,
            "optimiser": optimiser,
            "stop": stop,
            "initialisers": initialisers or {},
            "frozen": frozen,
            "parameter_groups": parameter_groups or {},
            "modifiers": _listed(modifiers),
            "gradient_accumulation": gradient_accumulation,
            "schedules": schedules or {},
            "hooks": _listed(hooks),
            "monitors": _listed(monitors),
            "backend": backend,
            "operator": operator,
            "dtype": dtype,
            "batch_size": batch_size,
            "iterator": iterator,
            "prefetch": prefetch,
            "profile": profile,
            "budgets": budgets or {},
            "seed": environment.seed if seed is None else seed,
            "name": name,
        }
        if metrics is not _DEFAULT:
            values["metrics"] = metrics
        if checkpoint is not _DEFAULT:
            values["checkpoint"] = checkpoint
        self._begin(environment, compose(values, environment.composer), validation)

    def __repr__(self) -> str:
        setup = self.setup
        layers = len(setup.network.nodes)
        return f"<Trainer {setup.name!r}, {self.status}: {layers} layers, stop={str(setup.stop)!r}>"

    @classmethod
    def from_recipe(
        cls, recipe: Recipe | Mapping[str, Any] | Path | str, *, environment: Environment | None = None
    ) -> Self:
        """The trainer that a recipe describes: a Recipe, its values, or the path of its file.

        Raises RecipeError with all of the recipe's faults, each with its line.
        """
        if isinstance(recipe, Path | str):
            recipe = Recipe.load(recipe)
        elif isinstance(recipe, Mapping):
            recipe = Recipe(recipe)
        environment = environment or Environment()
        trainer = cls.__new__(cls)
        trainer._begin(environment, compose(recipe.values, environment.composer, recipe), None)  # noqa: SLF001  # ours
        return trainer

    def _begin(self, environment: Environment, setup: Setup, validation: Any) -> None:
        self._begin_asking()
        self.environment = environment
        self.setup = setup
        self.clock = Clock()
        self.scores: dict[str, Any] = {}
        self.seconds = 0.0
        self.hooks: HookManager = environment.hooks.copy()
        for hook in setup.hooks:
            self.register(self.hooks, hook)
        self.given_hooks: dict[str, Any] = dict(self.hooks.list_name_plugin())
        self._validation = validation
        self.criterion_state: State | None = None
        # Whose state that is; another criterion begins anew.
        self.criterion = identity(setup.stop)
        # By identifier of what they schedule, with what tells the schedule from others.
        self.schedule_states: dict[str, Any] = {}
        self._hook_state: Mapping[str, Any] | None = None
        self.script: tuple[Scripted, ...] = ()
        self._loop: Loop | None = None
        self._parts: Parts | None = None
        # Of data that grows: how it was in the training that this one goes on with or repeats.
        self.grown: Mapping[str, Any] | None = None
        self._fared = ()
        self._first_states = hook_states(self)
        self._begin_saving()

    # Parts that are made when they are first needed

    def build(self) -> Self:
        """Load the data, build the network and fill its parameters, if that has not been done.

        Raises DataError, NetworkError and whatever else shows before the first step that something does not fit.
        """
        _ = self.parts
        return self

    def watch(self) -> None:
        """Have the step give what hooks require by now; IdentifierError for what no run of this trainer has."""
        self._check_required(self.hooks)
        self.parts.watch(required_gradients(self.hooks))

    def _check_required(self, hooks: HookManager) -> None:
        values = self.parts.values
        check_required_values(hooks, self.parts.reported_scores, values.shapes, values.tags)

    def _compiled(self, signature: str, seconds: float, nodes: int) -> None:
        self.stopwatch.move(COMPILATION, seconds)
        self._announce(StepCompiled(signature=signature, seconds=seconds, nodes=nodes))

    def _announce(self, event: Any) -> None:
        if self._loop is None:
            self.hooks.fire(event, self, clock=self.clock)
        else:
            self._loop.dispatch.fire(event, self)
        self.environment.bus.publish(event)

    @property
    def parts(self) -> Parts:
        """Everything that `build` makes, made now if it has not been."""
        if self._parts is not None:
            return self._parts
        with self._access:
            if self._parts is None:
                self._parts = self._made(self.grown)
                self.clock.iterations_per_epoch = self._parts.batches.iterations_per_epoch
                self._announce(NetworkBuilt(network=self._parts.network))
            return self._parts

    def first_parts(self) -> tuple[Parts, Mapping[str, Any]]:
        """Parts as they are before the first iteration, made anew, and the states of hooks at that time."""
        growth = self.parts.growth
        return self._made(None if growth is None else growth.first_state), self._first_states

    def regrow(self, state: Mapping[str, Any], epoch: int, learnt: Mapping[str, Any] | None = None) -> None:
        """Have data that grows be as an epoch of the training had it of which the growth's `state` is.

        Raises DataError where it is other data, TrainerError while a run goes on that began with more or less of it.
        """
        growth = None if self._parts is None else self._parts.growth
        if self._parts is None or (growth is not None and growth.first != state["first"]):
            if self._loop is not None and growth is not None:
                raise TrainerError(
                    f"trainer {self.setup.name!r}",
                    f"the checkpoint is of a training that began with {state['first']} records, and this one began "
                    f"with {growth.first}",
                    "a checkpoint of this training, while it goes on",
                    "restore it between two runs",
                )
            self._let_go()
            self.grown = state
        self.parts.regrow(state, epoch, learnt)

    def _let_go(self) -> None:
        """Forget the parts, to be made anew."""
        if self._parts is not None:
            self._parts.batches.close()
            self._parts.team.close()
        self._parts = None

    def _made(self, grown: Mapping[str, Any] | None) -> Parts:
        return Parts.make(
            self.setup,
            self.environment,
            validation=self._validation,
            grown=grown,
            watch=required_gradients(self.hooks),
            compiled=self._compiled,
        )

    @property
    def data(self) -> Data:
        """The data, split and preprocessed."""
        return self.parts.data

    @property
    def network(self) -> Network:
        """The network, named and checked; its numbers are in the trainer (`get`)."""
        return self.parts.network

    @property
    def batches(self) -> Batches:
        """The batches of the training data."""
        return self.parts.batches_of_floats

    @property
    def team(self) -> Team:
        """The workers."""
        return self.parts.team

    # Running

    def run(
        self,
        *,
        monitors: Iterable[Any] = (),
        directory: Path | str | None = None,
        resume: bool = False,
        stop: Any = None,
        profile: bool | None = None,
    ) -> Run:
        """Train until the criterion holds, and say what came of it.

        With a `directory`, which must not hold a run yet, the recipe, the plugins, all events and metrics and regular
        checkpoints are kept there. With `resume` it may hold a run, which is gone on with from its newest whole
        checkpoint, exactly. `monitors` are added to those of the setup. `stop` takes the place of the criterion. With
        a `profile` (by default as the setup has it) the run and, however it ends, the trainer tell where its time went.
        Raises what a hook or a step raised, after every teardown; KeyboardInterrupt after Ctrl-C. The parameters stay
        as they were when the run ended.
        """
        self._check_still()

        def train() -> Run:
            chosen = self._watched_by(monitors)
            if not resume:
                self.commands = 0
                return self._train(chosen, directory, stop)
            with self._resumed(directory, chosen) as kept:
                return self._train(chosen, kept, stop)

        return profiled(self, train) if (self.setup.profile if profile is None else profile) else train()

    def _train(self, monitors: list[Monitor], directory: RunDirectory | Path | str | None, stop: Any) -> Run:
        composer = self.environment.composer
        if stop is not None:
            criterion: Criterion = (
                parse_criterion(stop, composer) if isinstance(stop, str) else built(composer, "criteria", stop)
            )
        else:
            criterion = self.setup.stop
        criterion_state = self.criterion_state if identity(criterion) == self.criterion else None
        if criterion_state is not None and criterion_state["reached"]:
            if stop is None:
                raise TrainerError(
                    f"trainer {self.setup.name!r}",
                    f"it has ended: {criterion.reason(criterion_state)}",
                    "a criterion that does not hold yet",
                    "give another criterion, run(stop=...) or --set stop=..., or reset() the trainer",
                )
            criterion_state = None
        with preparing(monitors, self.environment.bus):
            self.build()
        if stop is not None:
            check_required_scores(criterion, self.parts.reported_scores)
        kept = RunDirectory.create(Path(directory)) if isinstance(directory, Path | str) else directory
        try:
            with self._writer.staying():
                return self._run(criterion, criterion_state, monitors, kept)
        finally:
            with self._access:
                loop, self._loop, self._kept = self._loop, None, None
                self.batches.close()
                self.team.rest()
                self._take_in(() if loop is None else loop.commands)
            if kept is not None:
                with self.stopwatch.measure(STORE):
                    kept.close()

    def _run(
        self, criterion: Criterion, state: State | None, monitors: list[Monitor], kept: RunDirectory | None
    ) -> Run:
        with self._access:
            self.watch()
            check_budgets(self.setup.budgets, self.hooks, self.environment)
            self.parts.prepare()
        with regular_checkpoints(self.hooks, None if kept is None else self.setup.checkpoint, lambda: self._loop):
            return self._loop_through(criterion, state, monitors, kept)

    def _loop_through(
        self, criterion: Criterion, state: State | None, monitors: list[Monitor], kept: RunDirectory | None
    ) -> Run:
        self.criterion = identity(criterion)
        with self._access:
            loop = self._loop = loop_of(self, criterion, state)
        if self._hook_state is not None:
            loop.dispatch.restore(self._hook_state)
            self._hook_state = None
        name = self.setup.name if kept is None else kept.path.name
        info = RunInfo(
            name=name,
            directory=None if kept is None else str(kept.path),
            iterations_per_epoch=self.batches.iterations_per_epoch,
            total_iterations=self.clock.total_iterations,
            parameters=self.network.size,
            backend=self.setup.backend.name,
        )
        self._kept = kept
        if kept is not None:
            with self.stopwatch.measure(STORE):
                self.keep_first(kept)
                kept.begin(self, criterion, state_hash(self))
        self.is_as_composed = False
        handles: list[Attachment | Mailbox] = []
        send = partial(loop.send, origin="monitor")
        try:
            with self.stopwatch.measure(MONITORS):
                if kept is not None:
                    handles.append(Mailbox(kept.path, loop, kept.presence))
                bus = self.environment.bus
                handles.extend(attach(monitor, bus, info, loop.progress, send) for monitor in monitors)
                bus.publish(described(self, info))
            return loop.run(name, info.directory, None if kept is None else partial(self.keep_last, kept))
        finally:
            with self.stopwatch.measure(MONITORS):
                for handle in handles:
                    handle.close()
                loop.progress.close()

    def ended(self, run: Run, loop: Loop) -> None:
        """Take over what a loop leaves; called by it when everything has been torn down."""
        self.scores = dict(run.scores)
        self.seconds = run.seconds
        self.clock.seconds = run.seconds
        self.criterion_state = loop.criterion_state
        self._hook_state = loop.dispatch.state()
        self._fared = loop.background.status
        for each in self._fared:
            if each.dropped:
                self.environment.log.info("background hook dropped events", plugin=each.plugin, dropped=each.dropped)

    def reset(self) -> None:
        """Back to before the first iteration: parameters are filled anew, counters, scores and states forgotten."""
        self._check_still()
        self._let_go()
        self.grown = None
        restore_hooks(self, self._first_states)
        reset = RunReset(**self._position())
        self.clock = evolve(self.clock, iteration=0, epoch=0, seconds=0.0, paused=0.0)
        self.scores, self.seconds, self.criterion_state, self._hook_state = {}, 0.0, None, None
        self.schedule_states = {}
        self.is_as_composed = True
        self._announce(reset)

    def recipe(self, stop: Criterion | None = None) -> Recipe:
        """The recipe that composes an equal trainer, or one with another criterion, as `run(stop=...)` has.

        Raises ComponentError for parts that have no name, as arrays.
        """
        if self._validation is not None:
            raise ComponentError(
                f"trainer {self.setup.name!r}",
                "its validation data was given apart from its dataset",
                "a dataset that brings its validation data",
                "use a dataset with a split, or one of your own",
            )
        return write(self.setup if stop is None else evolve(self.setup, stop=stop), self.environment.composer)

    def copy(self) -> Self:
        """A trainer of its own with the same setup and state, which trains on as this one would.

        Hooks are copied, with whatever they hold; data, which nobody changes, and the environment are shared. While a
        run goes on it can be made where a checkpoint can. Raises PluginFailedError for a hook that cannot be copied.
        """
        if self._loop is not None:
            self._loop.check_can_be_saved()
        other = type(self).__new__(type(self))
        # What a hook holds of the trainer becomes the copy; one hook stays one, wherever it is held.
        copied = {id(self): other, id(self.environment): self.environment}
        other._begin(self.environment, evolve(self.setup, hooks=()), self._validation)  # noqa: SLF001  # ours
        for name, hook in self.hooks.list_name_plugin():
            if hook is not None and not other.hooks.has_plugin(name):
                with calling(f"plugin {name!r}, copy"):
                    other.register(other.hooks, deepcopy(hook, copied), name)
        other.hooks.brought = set(self.hooks.brought)
        other.setup = evolve(self.setup, hooks=deepcopy(self.setup.hooks, copied))
        other.given_hooks = {name: other.hooks.get_plugin(name) for name in self.given_hooks}
        other.grown = self.grown
        other._first_states = deepcopy(self._first_states)  # noqa: SLF001  # ours
        if self._parts is not None:
            other._parts = self._parts.twin(other._compiled)  # noqa: SLF001  # ours
            other.clock.iterations_per_epoch = self.clock.iterations_per_epoch
            checkpoint = checkpoint_of(self, self._loop, self._hook_state)
            other.take(deepcopy(restore(other, checkpoint, "copy")))
        return other

    def inspect(self, program: str = "step") -> Inspection:
        """A program of this trainer before and after its passes, with its plan, costs and source; nothing is run.

        Programs are `step`, `scoring` and `prediction`, for batches of the usual size. Raises TrainerError for another.
        """
        parts = self._parts
        data, network = (
            (parts.data, parts.network) if parts else groundwork(self.setup, self.environment, self._validation)
        )
        return inspect(self.setup, data, network, program, required_gradients(self.hooks))

    def explain(self) -> tuple[Any, ...]:
        """A row for each hook implementation, in the order in which they are called and with the reason for it."""
        return self.hooks.explain()


def _listed(given: Any) -> list[Any]:
    """Several components as a list; a single one that is given by name or as a table is one, too."""
    return [given] if isinstance(given, str | Mapping) else list(given)
