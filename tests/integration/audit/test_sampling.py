"""A draw of spot checks beside erasures, on both databases: nothing waits for anybody about somebody who was erased."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from audit.reader import LogReader
from core.times import to_ms
from gateway.reviews.sampling import Sampling, Week
from gateway.reviews.store import ERASED
from tests.integration.audit.test_questions import ADA, BEN, COUNTY, erasing_of, look
from tests.support.house import House


def test_looks_at_the_erased_are_drawn_and_ended_and_a_later_erasure_ends_what_waits(home: House) -> None:
    ada, ben = home.person(ADA), home.person(BEN)
    look(home, ada)
    look(home, ben)
    reader = LogReader(home.database, home.log.store, home.keys)
    sampling = Sampling(home.database, reader, home.committer, home.keys, home.clock)
    erasing_of(home).erase_person(ADA, "they asked")
    week = Week(0, to_ms(home.clock.now()) + 1)
    announced = asyncio.run(sampling.announce("olga", COUNTY, week, 20))
    sampling.carry_out(replace(announced, percent=100))
    (drawn,) = sampling.draws(COUNTY, 5)
    assert (drawn.looks, drawn.drawn) == (2, 2)
    assert sampling.outcomes(drawn) == {ERASED: 1, None: 1}
    erasing_of(home).erase_person(BEN, "they asked")
    assert sampling.outcomes(drawn) == {ERASED: 2}
