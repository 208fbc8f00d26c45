"""What a trainer is made of once it is built: data, network, batches and the workers that train on them."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from attrs import define, evolve, field

from sigma_core.backends import Backend, Codes
from sigma_core.data import Batches, Data, GrowingDataset, Growth, Prefetch, Widened, fitted_from
from sigma_core.environment import Environment
from sigma_core.errors import DataError, TrainerError
from sigma_core.network import Architecture, Network
from sigma_core.training._inputs import form_of, not_there, sections_of, with_validation
from sigma_core.training._layout import Layout, selected, trainable
from sigma_core.training._requirements import (
    check_required_scores,
    check_scheduled_scores,
    check_values,
    reported_scores,
)
from sigma_core.training._state import TrainingState
from sigma_core.training._team import Team
from sigma_core.training._values import Values
from sigma_core.training._worker import Task
from sigma_core.training.recipe import Setup


def groundwork(
    setup: Setup, environment: Environment, validation: Any, growth: Growth | None = None
) -> tuple[Data, Network]:
    """The data, loaded, and the network that takes it; no parameter is filled. Raises what `Parts.make` raises."""
    data = setup.dataset.prepare(environment, setup.seed, setup.dtype) if growth is None else growth.at(1)
    data = with_validation(data, validation, environment).cast(setup.dtype)
    composer = environment.composer
    network = Network.build(setup.network, sections_of(data.training), composer=composer, dtype=setup.dtype)
    if not network.costs:
        raise TrainerError(
            "network",
            f"it ends with {network.layers[-1].name!r}, which is no cost",
            "a cost as its last layer",
            "add one of `sigma components costs`",
        )
    for part in data.validation.values():
        # Its dtypes may be others: whatever a layer says of them it is to say now, not after the first epoch.
        Network.build(setup.network, sections_of(part), composer=composer, dtype=setup.dtype)
    if not data.is_stand_in:
        check_values(network, data)
        learnt = _learnt(setup.network, network, data)
        if learnt is not setup.network:
            network = Network.build(learnt, sections_of(data.training), composer=composer, dtype=setup.dtype)
    form_of(data)  # what cannot be kept is told of now, not by the first checkpoint
    scores = reported_scores(network, setup.metrics, data)
    check_required_scores(setup.stop, scores)
    check_scheduled_scores(setup.schedules, scores)
    for name, modifier in setup.modifiers.items():
        selected(trainable(network.parameters), modifier.parameters, f"modifiers.{name}")
    return data, network


def _learnt(architecture: Architecture, network: Network, data: Data) -> Architecture:
    """The same, its costs with what they learn from the training targets; itself where they learn nothing."""
    changed = {}
    for placed in network.costs:
        cost = placed.layer
        learnt = cost.learnt(data.training[cost.targets], network[placed.inputs[0]].shape)
        if learnt is not cost:
            changed[id(cost)] = learnt
    if not changed:
        return architecture
    nodes = (evolve(node, layer=changed.get(id(node.layer), node.layer)) for node in architecture.nodes)
    return Architecture(tuple(nodes))


@define(eq=False)
class Parts:
    """The parts of one trainer, checked against each other."""

    setup: Setup
    data: Data
    network: Network
    batches: Batches
    """Of which some sections may be codes, as the task says."""
    layout: Layout
    """Where each parameter lies in the flat vectors."""
    task: Task
    team: Team
    values: Values
    """Hyperparameters and parameters by identifier."""
    validation: Any = None
    """Validation data that was given apart from the dataset."""
    growth: Growth | None = None
    """What epochs have of data that grows."""
    _epoch: Data | None = field(default=None, init=False)
    """What it gave for the epoch that `data` is of."""

    @classmethod
    def make(  # noqa: PLR0913  # all but the first by name
        cls,
        setup: Setup,
        environment: Environment,
        *,
        validation: Any,
        grown: Mapping[str, Any] | None = None,
        watch: tuple[str, ...],
        compiled: Callable[[str, float, int], None],
    ) -> Self:
        """Load the data, build the network, fill its parameters and set up the workers.

        `validation` is data that was given apart from the dataset, `grown` the state of the growth of data with which
        the training began, where that is not what there is now, `watch` are patterns of gradients that hooks want
        to see, `compiled` is told of each program. Raises DataError, NetworkError and whatever else shows before the
        first step that something does not fit.
        """
        dataset = setup.dataset
        growth = None
        if isinstance(dataset, GrowingDataset):
            growth = Growth.begin(dataset, environment, setup.seed, setup.dtype, grown)
        data, network = groundwork(setup, environment, validation, growth)
        parts = cls._of(setup, data, network, watch, compiled)
        _check_shorter(setup, data, parts.batches, environment)
        parts.grow(validation, growth)
        return parts

    def twin(self, compiled: Callable[[str, float, int], None]) -> Self:
        """The same on workers of its own, at the beginning; data, which nobody changes, is shared."""
        parts = self._of(self.setup, self.data, self.network, self.task.watch, compiled)
        parts.grow(self.validation, None if self.growth is None else evolve(self.growth))
        return parts

    def grow(self, validation: Any, growth: Growth | None) -> None:
        """Follow data that grows; raises DataError for an iterator that cannot."""
        self.validation, self.growth = validation, growth
        if growth is None:
            return
        if self.batches.shorter:
            raise DataError(
                self.batches.where,
                "it has buckets, and data grows",
                "batches of one shape",
                "leave bucket out of the iterator",
            )

    @classmethod
    def _of(
        cls,
        setup: Setup,
        data: Data,
        network: Network,
        watch: tuple[str, ...],
        compiled: Callable[[str, float, int], None],
    ) -> Self:
        batches, codes = _batches(setup, data, network, may_be_narrow=not isinstance(setup.dataset, GrowingDataset))
        method = setup.method
        state = TrainingState.initial(
            network, method, seed=setup.seed, initialisers=setup.initialisers, layout=setup.layout(network)
        )
        task = Task(
            network=network,
            method=method,
            metrics=setup.metrics,
            backend=setup.backend,
            dtypes={name: data.dtypes[name] for name in network.sections},
            watch=watch,
            compiled=compiled,
            iterations_per_epoch=batches.iterations_per_epoch,
            codes=codes,
        )
        team = setup.operator.team(task, state)
        values = Values(team, network, state.layout, method)
        return cls(setup, data, network, batches, state.layout, task, team, values)

    @property
    def reported_scores(self) -> dict[str, bool]:
        """Whether it is one number, for each score that a run reports, by identifier."""
        return reported_scores(self.network, self.setup.metrics, self.data)

    @property
    def batches_of_floats(self) -> Batches:
        """The batches as the data has them, at the same position."""
        return Widened(self.batches, self.task.codes) if self.task.codes else self.batches

    def watch(self, wanted: tuple[str, ...]) -> None:
        """Have the step give these gradients; it is compiled anew only where that is more than it gives."""
        if set(wanted) <= set(self.task.watch):
            return
        self.task = evolve(self.task, watch=wanted)
        self._begin(TrainingState(self.layout, self.team.pull()))

    def lay(self, setup: Setup) -> None:
        """Train what a setup says, which differs in what is frozen; every number stays.

        Raises IdentifierError for a pattern that matches nothing.
        """
        layout = setup.layout(self.network)
        state = TrainingState(self.layout, self.team.pull()).laid(layout, self.task.method)
        self.setup, self.layout = setup, layout
        self._begin(state)

    def _begin(self, state: TrainingState) -> None:
        self.team.close()
        self.team = self.setup.operator.team(self.task, state)
        self.values = Values(self.team, self.network, self.layout, self.task.method)

    def enter(self, epoch: int) -> None:
        """Have what an epoch has of data that grows: if it begins, what has been appended by now.

        Raises DataError for records that cannot be trained on.
        """
        if self.growth is not None:
            self._take(self.growth, self.growth.enter(epoch))

    def regrow(self, state: Mapping[str, Any], epoch: int, learnt: Mapping[str, Any] | None) -> None:
        """Have data that grows be as an epoch had it, with what preprocessors had learnt when `state` was taken.

        Raises DataError where it is other data, or less.
        """
        if self.growth is not None:
            fitted = None if learnt is None else fitted_from(self.growth.dataset.preprocess, learnt)
            self.growth.restore(state, fitted)
            self._take(self.growth, self.growth.at(epoch))

    def _take(self, growth: Growth, epoch: Data) -> None:
        if epoch is self._epoch:
            return
        data = with_validation(epoch, self.validation, growth.environment).cast(self.setup.dtype)
        check_values(self.network, data)
        # What is appended later may be anything, so nothing is made of its floats.
        batches, _ = _batches(self.setup, data, self.network, may_be_narrow=False)
        if batches.iterations_per_epoch != self.task.iterations_per_epoch:
            raise DataError(
                batches.where,
                f"an epoch has {batches.iterations_per_epoch} batches now, and had {self.task.iterations_per_epoch}",
                "as many batches whenever there are as many records, where data grows",
                "use another iterator, such as minibatch",
            )
        self.batches.close()
        batches.seek(*self.batches.position)
        self.data, self.batches, self._epoch = data, batches, epoch

    def prepare(self) -> None:
        """Compile the step for batches of the usual size, before a run is said to have started.

        Raises TrainerError where the data is not there.
        """
        if self.data.is_stand_in:
            raise not_there()
        epoch, _ = self.batches.position
        self.team.prepare(self.batches.make(epoch, 0, self.batches.room())[0])


def _batches(setup: Setup, data: Data, network: Network, *, may_be_narrow: bool) -> tuple[Batches, Mapping[str, Codes]]:
    """What the iterator makes of the training records, made ahead as the setup says.

    And of what floats come of the sections of which it gives the numbers of records.
    """
    batches = setup.iterator.batches(
        data.training, setup.batch_size, setup.seed, sections=network.sections, augment=data.augmentation
    )
    ahead, backend = setup.prefetch, setup.backend
    codes = batches.narrow() if may_be_narrow and backend.takes_codes else {}
    if not ahead.depth:
        return batches, codes
    stage = None if type(backend).staged is Backend.staged else backend.staged
    return Prefetch(batches, ahead.depth, ahead.threads, where_slow=ahead.is_where_slow, stage=stage), codes


def _check_shorter(setup: Setup, data: Data, batches: Batches, environment: Environment) -> None:
    """Whatever layers say of shorter records they are to say now, not when the first of them come."""
    sections = sections_of(data.training)
    for shapes in batches.shorter:
        shorter = {name: evolve(sections[name], shape=shape) for name, shape in shapes.items()}
        Network.build(setup.network, {**sections, **shorter}, composer=environment.composer, dtype=setup.dtype)
