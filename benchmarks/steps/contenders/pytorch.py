"""PyTorch: eager or compiled, with fused Adam in both."""

import os
from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from steps.cases import LEARNING_RATE, Case, Weights
from steps.contenders.contract import Contender


class _Dense(nn.Module):
    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(*shape) for shape in pairwise(sizes))

    def forward(self, inputs: Any) -> Any:
        for layer in self.layers[:-1]:
            inputs = functional.relu(layer(inputs))
        return self.layers[-1](inputs)

    def fill(self, weights: Weights) -> None:
        for layer, kernel, biases in zip(self.layers, weights[::2], weights[1::2], strict=True):
            _fill(layer, kernel.T, biases)


class _Characters(nn.Module):
    def __init__(self, vocabulary: int, width: int, units: int, _time: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, units, batch_first=True)
        self.dense = nn.Linear(units, vocabulary)
        # PyTorch adds two vectors of biases; as parameters of their own they would move twice as far as one.
        self.lstm.bias_hh_l0.requires_grad_(requires_grad=False)

    def forward(self, inputs: Any) -> Any:
        return self.dense(self.lstm(self.embedding(inputs))[0]).flatten(0, 1)

    def fill(self, weights: Weights) -> None:
        embedding, of_inputs, of_units, biases, kernel, last = weights
        self.embedding.weight.copy_(torch.from_numpy(embedding))
        self.lstm.weight_ih_l0.copy_(torch.from_numpy(of_inputs.T))
        self.lstm.weight_hh_l0.copy_(torch.from_numpy(of_units.T))
        self.lstm.bias_ih_l0.copy_(torch.from_numpy(biases))
        self.lstm.bias_hh_l0.zero_()
        _fill(self.dense, kernel.T, last)


class _Gated(nn.Module):
    def __init__(self, vocabulary: int, width: int, units: int, _time: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.gru = nn.GRU(width, units, batch_first=True)
        self.dense = nn.Linear(units, vocabulary)
        # The biases of the state are trained for the candidate only: those of the gates would move twice as far as one.
        kept = torch.cat([torch.zeros(2 * units), torch.ones(units)])
        self.gru.bias_hh_l0.register_hook(lambda gradient: gradient * kept)

    def forward(self, inputs: Any) -> Any:
        return self.dense(self.gru(self.embedding(inputs))[0]).flatten(0, 1)

    def fill(self, weights: Weights) -> None:
        embedding, of_inputs, of_units, biases, _, kernel, last = weights
        self.embedding.weight.copy_(torch.from_numpy(embedding))
        self.gru.weight_ih_l0.copy_(torch.from_numpy(of_inputs.T))
        self.gru.weight_hh_l0.copy_(torch.from_numpy(of_units.T))
        self.gru.bias_ih_l0.copy_(torch.from_numpy(biases))
        self.gru.bias_hh_l0.zero_()
        _fill(self.dense, kernel.T, last)


class _Attention(nn.Module):
    """The block as PyTorch's own layer of it computes, with one product for queries, keys and values."""

    def __init__(self, vocabulary: int, features: int, heads: int, _time: int) -> None:
        super().__init__()
        self.heads = heads
        self.embedding = nn.Embedding(vocabulary, features)
        self.norms = nn.ModuleList(nn.LayerNorm(features) for _ in range(2))
        self.joint = nn.Linear(features, 3 * features)
        self.output = nn.Linear(features, features)
        self.hidden = nn.Linear(features, 4 * features)
        self.back = nn.Linear(4 * features, features)
        self.dense = nn.Linear(features, vocabulary)

    def forward(self, inputs: Any) -> Any:
        values = self.embedding(inputs)
        batch, time, features = values.shape
        parts = self.joint(self.norms[0](values)).view(batch, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(*parts, is_causal=True)
        values = values + self.output(attended.transpose(1, 2).reshape(batch, time, features))
        values = values + self.back(functional.gelu(self.hidden(self.norms[1](values))))
        return self.dense(values).flatten(0, 1)

    def fill(self, weights: Weights) -> None:
        embedding, scales, shifts, *of_attention = weights[:11]
        second_scales, second_shifts, *rest = weights[11:]
        self.embedding.weight.copy_(torch.from_numpy(embedding))
        for norm, (scale, shift) in zip(self.norms, ((scales, shifts), (second_scales, second_shifts)), strict=True):
            norm.weight.copy_(torch.from_numpy(scale))
            norm.bias.copy_(torch.from_numpy(shift))
        _fill(
            self.joint, np.concatenate([kernel.T for kernel in of_attention[:6:2]]), np.concatenate(of_attention[1:6:2])
        )
        for layer, kernel, biases in zip(
            (self.output, self.hidden, self.back, self.dense),
            (of_attention[6], *rest[::2]),
            (of_attention[7], *rest[1::2]),
            strict=True,
        ):
            _fill(layer, kernel.T, biases)


class _Convolutions(nn.Module):
    def __init__(self, side: int, extent: int, first: int, second: int, classes: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, first, extent, padding="same")
        self.second = nn.Conv2d(first, second, extent, padding="same")
        self.dense = nn.Linear((side // 4) ** 2 * second, classes)
        self.to(memory_format=torch.channels_last)

    def forward(self, inputs: Any) -> Any:
        values = inputs.permute(0, 3, 1, 2)
        for layer in (self.first, self.second):
            values = functional.max_pool2d(functional.relu(layer(values)), 2)
        # In the order in which they lie, so that nothing is copied.
        return self.dense(values.permute(0, 2, 3, 1).flatten(1))

    def fill(self, weights: Weights) -> None:
        for layer, kernel, biases in zip((self.first, self.second), weights[:4:2], weights[1:4:2], strict=True):
            _fill(layer, kernel.transpose(3, 2, 0, 1), biases)
        _fill(self.dense, weights[4].T, weights[5])


class _Normalised(_Convolutions):
    def __init__(self, side: int, extent: int, first: int, second: int, classes: int) -> None:
        super().__init__(side, extent, first, second, classes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels in (first, second))

    def forward(self, inputs: Any) -> Any:
        values = inputs.permute(0, 3, 1, 2)
        for layer, norm in zip((self.first, self.second), self.norms, strict=True):
            values = functional.max_pool2d(functional.relu(norm(layer(values))), 2)
        return self.dense(values.permute(0, 2, 3, 1).flatten(1))

    def fill(self, weights: Weights) -> None:
        super().fill([*weights[:2], *weights[4:6], *weights[8:]])
        for norm, scales, shifts in zip(self.norms, weights[2:8:4], weights[3:8:4], strict=True):
            norm.weight.copy_(torch.from_numpy(scales))
            norm.bias.copy_(torch.from_numpy(shifts))


def _fill(layer: Any, kernel: np.ndarray, biases: np.ndarray) -> None:
    layer.weight.copy_(torch.from_numpy(np.ascontiguousarray(kernel)))
    layer.bias.copy_(torch.from_numpy(biases))


FAMILIES = {
    "dense": _Dense,
    "characters": _Characters,
    "convolutions": _Convolutions,
    "gated": _Gated,
    "attention": _Attention,
    "normalised": _Normalised,
}


class PyTorch(Contender):
    """A module, its loss and an optimiser."""

    def __init__(self, case: Case, *, compiled: bool) -> None:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        module = FAMILIES[case.family](*case.sizes)
        with torch.no_grad():
            module.fill(case.weights())
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        self.optimiser = torch.optim.Adam(trained, LEARNING_RATE, fused=True)
        self.batches = [(torch.from_numpy(x), torch.from_numpy(y).flatten()) for x, y in case.batches()]
        self.loss_of = lambda inputs, classes: functional.cross_entropy(module(inputs), classes)
        self.versions = {"PyTorch": torch.__version__}
        if compiled:
            self.loss_of = torch.compile(self.loss_of)
            start = perf_counter()
            self.loss_of(*self.batches[0]).backward()
            self.optimiser.zero_grad()
            self.compile_seconds = perf_counter() - start

    def step(self, number: int) -> Any:
        """Forward, backward, Adam."""
        loss = self.loss_of(*self.batches[number])
        loss.backward()
        self.optimiser.step()
        self.optimiser.zero_grad()
        return loss.detach()


def build(case: Case, *words: str) -> Contender:
    """The case; compiled where the words say so."""
    return PyTorch(case, compiled="compiled" in words)
