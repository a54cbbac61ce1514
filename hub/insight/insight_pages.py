"""The pages of area insight: `/insight`, a page for each table, and its downloads. For the team `insight` only.

Signed-in all the same: figures are safe to publish, but whether and when to publish them is for the partnership to decide.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from fastapi import APIRouter, Request, Response

from hub.csvw import CSV_TYPE, METADATA_TYPE, headers_of, metadata_of
from hub.errors import NotHereError
from hub.insight import downloads
from hub.insight.counting import TABLE_BY_CODE, Table, add_up
from hub.insight.recording import Published, first_due, next_month, published
from hub.insight.settings import Insight
from hub.insight.showing import month_title, periods_of, show
from hub.insight.themes import CLINICAL_AREAS
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts

TEAM: Final = "insight"


def build_router(parts: Parts, get_insight: Callable[[], Insight]) -> APIRouter:
    """`/insight`, `/insight/<table>`, `/insight/<table>.csv` and `/insight/<table>.csv-metadata.json`."""
    router, pages, insight = PageRouter(parts.pages, f"/{TEAM}"), parts.pages, get_insight()

    async def everything() -> Published:
        return await parts.database.read(lambda session: published(session, insight.reading))

    def table_of(code: str) -> Table:
        table = TABLE_BY_CODE.get(code)
        if table is None or table not in insight.reading.tables:
            raise NotHereError(TEAM)
        return table

    @router.page("")
    async def overview(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        told = await everything()
        return pages.page(
            request,
            "insight/overview.html",
            viewer=entered.viewer,
            tables=insight.reading.tables,
            published_at=told.at.get(told.until),
            until=month_title(told.until) if told.until else "",
            expected=await _expected(parts, told),
            following=_following(told.until) if told.until else None,
            reporters=sorted(parts.partners.title(one) for one in told.reporters.get(told.until, ())),
            revised=[
                (told.at[batch], [month_title(month) for month in sorted(months)])
                for batch, months in reversed(told.revised().items())
            ],
            places=bool(insight.reading.geography.lsoas),
            index=insight.reading.joined,
            clinical_areas=CLINICAL_AREAS,
            threshold=insight.threshold,
        )

    @router.page("/{code}.csv")
    async def figures_file(request: Request, code: str) -> Response:
        parts.doors.enter(request, TEAM)
        table, told = table_of(code), await everything()
        periods = [one.code for one in reversed(periods_of(table, told))] if told.until else []
        figures = add_up(told.together(), insight.reading.cells_of)
        content = downloads.csv_of(table, insight.reading, periods, figures, insight.threshold)
        headers = headers_of(f"{table.code}.csv", f"{table.code}.csv-metadata.json")
        return Response(content, headers=headers, media_type=CSV_TYPE)

    @router.page("/{code}.csv-metadata.json")
    async def metadata_file(request: Request, code: str) -> Response:
        parts.doors.enter(request, TEAM)
        table, told = table_of(code), await everything()
        if not told.until:
            raise NotHereError(TEAM)
        first, last = told.at[min(told.at)], told.at[told.until]
        described = downloads.described(table, insight.reading, told.until, last, first, insight.threshold)
        headers = headers_of(f"{table.code}.csv-metadata.json")
        return Response(metadata_of(described), headers=headers, media_type=METADATA_TYPE)

    @router.page("/{code}")
    async def one_table(request: Request, code: str) -> Response:
        period, of = (request.query_params.get(one, "") for one in ("period", "of"))
        entered = parts.doors.enter(request, TEAM)
        table, told = table_of(code), await everything()
        page = show(table, insight, told, parts.partners.title, period, of) if told.until else None
        return pages.page(
            request,
            "insight/table.html",
            viewer=entered.viewer,
            back=f"/{TEAM}",
            table=table,
            page=page,
            expected=await _expected(parts, told),
            threshold=insight.threshold,
        )

    return router


def _following(until: str) -> tuple[str, date]:
    """The month after the last that is published, in words, and the day on which it is added."""
    month = f"{next_month(until):%Y-%m}"
    return month_title(month), next_month(month)


async def _expected(parts: Parts, told: Published) -> tuple[str, date] | None:
    """While nothing is published: which month comes first, in words, and when."""
    if told.until:
        return None
    today = london_day(parts.clock.now())
    month, on = await parts.database.read(lambda session: first_due(session, today))
    return month_title(month), on
