"""Content models: what may follow what, held against regular expressions over the facts."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from declarations.families import root
from tests.facts.documents import grown
from tests.facts.facts import MESSAGES, facts
from tests.facts.oracle import model
from validators.content import Element, Part, after, digit_lengths, may_end, needed
from validators.schema import Schema

SHAPES = {code: Schema(root() / folder / f"{name}.xsd").shape for code, (folder, name) in MESSAGES.items()}


def blocks(element: Element) -> dict[str, Element]:
    """Every block below an element, by name."""
    found = {element.name: element} if element.content is not None else {}
    for use in element.uses():
        found |= blocks(use.element)
    return found


def left(element: Element, tags: list[str]) -> Part | None:
    """What may follow those children; None where they do not fit."""
    rest: Part | None = element.content
    for tag in tags:
        rest = None if rest is None else after(rest, tag)
    return rest


@pytest.mark.parametrize("message", MESSAGES)
@settings(max_examples=40, derandomize=True, database=None)
@given(seed=st.integers(0, 2**64 - 1))
def test_children_are_read_as_the_facts_say(message: str, seed: int) -> None:
    draw = Random(seed)
    for name, element in blocks(SHAPES[message]).items():
        content = facts(message).blocks[name]
        if content == "*":
            continue
        tags = grown(content, draw, facts(message))
        if tags and draw.random() < 0.7:
            place = draw.randrange(len(tags))
            tags[place : place + 1] = draw.choice([[], [tags[place]] * 2, [tags[-1], tags[place]]])
        rest = left(element, tags)
        complete = rest is not None and may_end(rest)
        assert complete is (model(content).fullmatch("".join(f"<{tag}>" for tag in tags)) is not None)


@pytest.mark.parametrize("message", MESSAGES)
@settings(max_examples=40, derandomize=True, database=None)
@given(seed=st.integers(0, 2**64 - 1))
def test_what_is_needed_next_always_fits(message: str, seed: int) -> None:
    draw = Random(seed)
    for name, element in blocks(SHAPES[message]).items():
        content = facts(message).blocks[name]
        tags = [] if content == "*" else grown(content, draw, facts(message))
        rest = left(element, tags[: draw.randint(0, len(tags))])
        for _ in range(100):
            lacking = None if rest is None else needed(rest)
            if rest is None or lacking is None:
                break
            rest = after(rest, lacking.tag)
        assert rest is not None
        assert may_end(rest)


@pytest.mark.parametrize(
    ("pattern", "lengths"),
    [
        (r"\d{11}", {11}),
        (r"[0]|\d{11}", {1, 11}),
        (r"0|\d{9}|\d{10}", {1, 9, 10}),
        (r"\d{4}(1|2|3|4)", {5}),
        (r"0|00\d{9}|1\d{10}", {1, 11}),
        (r"(\d{2}|3){2,3}", {2, 3, 4, 5, 6}),
        (r"\d{3},\d{2}", None),
        (r"[A-Z]{2}\d+", None),
        (r"\d{4}-\d{2}", None),
        (r"1)2", None),
    ],
)
def test_a_pattern_of_digits_alone_tells_how_many(pattern: str, lengths: set[int] | None) -> None:
    assert digit_lengths(pattern) == lengths
