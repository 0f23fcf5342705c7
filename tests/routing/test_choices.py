"""What a route can say, and what becomes of it where a batch, a version or the directory has nothing to answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from declarations.blocks import Plan
from declarations.entitlement.authorizations import Authorization, Columns
from declarations.entitlement.entitlements import entitlements
from declarations.entitlement.routes import Route, Subject
from declarations.errors import Configuration, Invariant
from declarations.stages.acquaint import days_of
from declarations.stages.split import Cut, cut_for
from tests.routing.small import PLAN, SUBJECT, batch

LOOKED_UP: Columns = {"person": ("inss",), "head": ("quarter",)}
EVERYTHING = {block.name: tuple(column.name for column in block.columns) for block in PLAN.blocks}
ANSWER = {"recipient": pl.String, "inss": pl.String, "quality": pl.String}


def authorization(recipient: str = "bees", selects_by: Columns | None = None) -> Authorization:
    return Authorization(
        recipient, recipient, "honey", "none", date(2020, 1, 1), None, "none", EVERYTHING, selects_by or {}
    )


class Asked:
    """A reference directory that remembers what it was asked, and that these know everybody."""

    def __init__(self, *knowing: tuple[str, str]) -> None:
        self.knowing = knowing
        self.questions: list[tuple[list[str], tuple[date, date]]] = []

    def __call__(self, persons: pl.Series, days: tuple[date, date]) -> pl.DataFrame:
        self.questions.append((persons.to_list(), days))
        found = [(recipient, person, quality) for recipient, quality in self.knowing for person in persons]
        return pl.DataFrame(found, schema=ANSWER, orient="row")


def cut(
    *routes: Route,
    selects_by: Columns | None = None,
    known: Asked | None = None,
    blocks: dict[str, pl.DataFrame] | None = None,
    plan: Plan = PLAN,
    subject: Subject | None = SUBJECT,
) -> Cut:
    recipients = {route.recipient for route in routes}
    held = [authorization(each, selects_by) for each in recipients]
    return cut_for(blocks or batch(5), plan, entitlements(recipients, routes, held, subject), known)


def persons(done: Cut, recipient: str = "bees") -> int:
    return done.ranges.get(recipient, {}).get("person", (0, 0))[1]


def test_a_query_sees_no_column_that_is_not_listed() -> None:
    route = Route("bees", "job", "SELECT row FROM job WHERE code = 'x'")
    with pytest.raises(Configuration, match="selects_by"):
        cut(route, selects_by={"job": ("hours",)})


def test_recipients_with_the_same_query_share_one_answer() -> None:
    sql = "SELECT row FROM job WHERE code = 'x'"
    routes = [Route(each, "job", sql) for each in ("ants", "bees", "cats")]
    wide: Columns = {"job": ("code", "hours"), "pay": ("kind",)}
    held = [authorization("ants", wide), authorization("bees", {"job": ("code",)}), authorization("cats", wide)]
    assert len(entitlements(["ants", "bees", "cats"], routes, held, SUBJECT).choices) == 1


def test_who_shares_a_query_does_not_share_the_right_to_it() -> None:
    routes = [Route(each, "job", "SELECT row FROM job WHERE code = 'x'") for each in ("ants", "bees")]
    held = [authorization("ants", {"job": ("code",)}), authorization("bees")]
    with pytest.raises(Configuration, match="selects_by"):
        cut_for(batch(5), PLAN, entitlements(["ants", "bees"], routes, held, SUBJECT))


def test_a_query_over_everything_sees_only_keys_and_what_it_names() -> None:
    route = Route("bees", "job", "SELECT *, row FROM job ORDER BY code")
    with pytest.raises(Configuration, match="selects_by"):
        cut(route)


@pytest.mark.parametrize(
    "sql", ["SELECT hours FROM job", "SELECT row FRM job", "SELECT row FROM jobs", "DROP TABLE job"]
)
def test_a_query_that_gives_no_rows_of_the_block_is_a_fault_of_ours(sql: str) -> None:
    with pytest.raises(Configuration):
        cut(Route("bees", "job", sql), selects_by={"job": ("hours",)})


def test_a_failing_query_quotes_no_value() -> None:
    route = Route("bees", "person", "SELECT row FROM person WHERE CAST(inss AS BOOLEAN)")
    with pytest.raises(Configuration) as raised:
        cut(route, selects_by={"person": ("inss",)})
    assert "0000000000" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_query_that_returns_rows_of_another_block_gives_no_others_than_there_are() -> None:
    blocks = batch(5)
    done = cut(Route("bees", "card", "SELECT row FROM pay"), blocks=blocks)
    assert set(done.frames["card"]["row"]) == set(blocks["card"]["row"]) & set(blocks["pay"]["row"])


def test_a_column_that_only_another_version_has_chooses_nothing() -> None:
    older = Plan(
        "Message",
        None,
        tuple(replace(block, columns=block.columns[1:]) if block.name == "job" else block for block in PLAN.blocks),
    )
    blocks = batch(5) | {"job": batch(5)["job"].drop("code")}
    routes = [
        Route("bees", "job", "SELECT row FROM job WHERE code LIKE 'x%'"),
        Route("bees", "job", column="code", values=("x",)),
    ]
    assert cut(*routes, selects_by={"job": ("code",)}, blocks=blocks, plan=older).ranges == {}


def test_a_block_that_only_another_version_has_chooses_nothing() -> None:
    older = Plan("Message", None, tuple(block for block in PLAN.blocks if block.name != "card"))
    blocks = {name: frame for name, frame in batch(5).items() if name != "card"}
    sql = "SELECT p.row AS row FROM person p JOIN card c ON c.person_row = p.row WHERE c.card = 'k'"
    routes = [Route("bees", "person", sql), Route("bees", "card")]
    assert cut(*routes, selects_by={"card": ("card",)}, blocks=blocks, plan=older).ranges == {}


def test_the_directory_is_asked_once_for_each_quarter() -> None:
    known = Asked(("bees", "worker"), ("cats", "patient"))
    blocks = batch(5, forms=8)
    cut(
        Route("bees", "person", directory=True),
        Route("cats", "job", directory=True),
        selects_by=LOOKED_UP,
        known=known,
        blocks=blocks,
    )
    assert sorted(days for _, days in known.questions) == [
        (date(2022, 10, 1), date(2022, 12, 31)),
        (date(2023, 1, 1), date(2023, 3, 31)),
    ]
    assert all(len(asked) == len(set(asked)) for asked, _ in known.questions)


def test_without_a_route_by_it_the_directory_is_not_asked() -> None:
    known = Asked()
    cut(Route("bees", "person"), known=known)
    assert known.questions == []


def test_a_quality_that_was_not_asked_for_does_not_count() -> None:
    known = Asked(("bees", "patient"))
    assert persons(cut(Route("bees", "person", directory=True), selects_by=LOOKED_UP, known=known)) > 0
    strict = Route("bees", "person", directory=True, qualities=("worker",))
    assert persons(cut(strict, selects_by=LOOKED_UP, known=known)) == 0


def test_who_knows_a_person_in_two_qualities_gets_the_person_once() -> None:
    once = cut(Route("bees", "person", directory=True), selects_by=LOOKED_UP, known=Asked(("bees", "worker")))
    known = Asked(("bees", "worker"), ("bees", "patient"))
    twice = cut(Route("bees", "person", directory=True), selects_by=LOOKED_UP, known=known)
    assert twice.ranges == once.ranges


def test_in_a_form_about_no_period_nobody_is_known() -> None:
    blocks = batch(5)
    blocks["head"] = blocks["head"].with_columns(quarter=pl.lit("20235"))
    known = Asked(("bees", "worker"))
    done = cut(Route("bees", "person", directory=True), selects_by=LOOKED_UP, known=known, blocks=blocks)
    assert done.ranges == {}
    assert done.unrouted["person"] == len(blocks["person"])


def test_a_route_by_the_directory_needs_one() -> None:
    with pytest.raises(Configuration, match="directory"):
        cut(Route("bees", "person", directory=True), selects_by=LOOKED_UP)


@pytest.mark.parametrize("block", ["person", "head"])
def test_what_the_directory_is_asked_with_is_listed_as_used_to_select(block: str) -> None:
    with pytest.raises(Configuration, match=f"{block}.*selects_by"):
        cut(Route("bees", "person", directory=True), selects_by={k: v for k, v in LOOKED_UP.items() if k != block})


def test_a_route_by_the_directory_in_a_family_without_persons_is_a_fault_of_ours() -> None:
    with pytest.raises(Configuration, match="person"):
        cut(Route("bees", "person", directory=True), selects_by=LOOKED_UP, subject=None)


def test_silence_is_denial() -> None:
    done = cut_for(batch(5), PLAN, entitlements(["bees"], [Route("bees", "person")], [], SUBJECT))
    assert done.ranges == {}
    assert done.frames == {}
    assert done.unauthorized == ("bees",)


def test_who_is_no_party_gets_nothing_whatever_the_routes_say() -> None:
    given = entitlements(["bees"], [Route("cats", "person")], [authorization("cats")], SUBJECT)
    assert cut_for(batch(5), PLAN, given).ranges == {}


def test_the_order_in_which_rows_were_given_does_not_matter() -> None:
    blocks = batch(5)
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=1) for name, frame in blocks.items()}
    one, two = cut(Route("bees", "form"), blocks=blocks), cut(Route("bees", "form"), blocks=shuffled)
    assert all(frame.equals(two.frames[name]) for name, frame in one.frames.items())


def test_rows_that_hang_in_the_air_are_not_cut() -> None:
    blocks = batch(5)
    blocks["job"] = blocks["job"].head(1)
    with pytest.raises(Invariant, match="document order"):
        cut(Route("bees", "form"), blocks=blocks)


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ("20231", (date(2023, 1, 1), date(2023, 3, 31))),
        ("20234", (date(2023, 10, 1), date(2023, 12, 31))),
        ("2024-02", (date(2024, 2, 1), date(2024, 2, 29))),
        ("2023-12", (date(2023, 12, 1), date(2023, 12, 31))),
        ("2023", (date(2023, 1, 1), date(2023, 12, 31))),
        ("20235", None),
        ("", None),
    ],
)
def test_a_period_has_a_first_and_a_last_day(period: str, days: tuple[date, date] | None) -> None:
    assert days_of(period) == days
