"""A page with one form about a case, whatever the form is: with what was typed, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from hub.doors import Entered
from hub.pages.forms import Faults, Form
from hub.parts import Parts
from hub.support.cases import open_case
from hub.support.codes import TEAM
from hub.support.reading import NOTHING_WRONG


@dataclass(frozen=True, slots=True)
class CaseForms:
    """Shows such pages; a case that nobody works on any more has none (404)."""

    parts: Parts

    async def page(
        self,
        request: Request,
        entered: Entered,
        case_id: str,
        template: str,
        form: Form | None = None,
        faults: Faults = NOTHING_WRONG,
        **more: object,
    ) -> Response:
        """The page of `support/<template>.html`; 422 where something is wrong."""
        case = await self.parts.database.read(lambda session: open_case(session, entered.who, case_id))
        return self.parts.pages.page(
            request,
            f"support/{template}.html",
            viewer=entered.viewer,
            status=422 if faults else 200,
            back=f"/{TEAM}/cases/{case_id}",
            case=case,
            form=form or Form(),
            faults=faults,
            errors=faults.listed or None,
            more=more,
        )
