"""A page with one form about a case, whatever the form is: with what was typed, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from hub.interact.cases import open_case
from hub.interact.codes import TEAM
from hub.pages.forms import Faults, Form
from hub.pages.rendering import Viewer
from hub.parts import Parts

NOTHING_WRONG = Faults({})


@dataclass(frozen=True, slots=True)
class CaseForms:
    """Shows such pages; a case that nobody works on any more has none (404)."""

    parts: Parts

    async def page(
        self,
        request: Request,
        viewer: Viewer,
        case_id: str,
        template: str,
        form: Form,
        faults: Faults = NOTHING_WRONG,
        **more: object,
    ) -> Response:
        """The page of `interact/<template>.html`; 422 where something is wrong."""
        case = await self.parts.database.read(lambda session: open_case(session, case_id))
        return self.parts.pages.page(
            request,
            f"interact/{template}.html",
            viewer=viewer,
            status=422 if faults else 200,
            back=f"/{TEAM}/cases/{case_id}",
            case=case,
            form=form,
            faults=faults,
            errors=faults.listed or None,
            more=more,
        )
