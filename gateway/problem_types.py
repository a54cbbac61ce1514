"""Every problem that the API can tell of: its code, status and title, what causes it and what mends it.

The one list behind the answers (gateway/problems.py), the pages at /docs/problems and docs/problems.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One problem type (RFC 9457 section 3.1.1). The code is the last part of its URI and never changes its meaning.

    remedy: what to do, in the sender's terms; also the answer's `detail` where the code has nothing closer to say.
    """

    code: str
    status: int
    title: str
    cause: str
    remedy: str


_TOKEN = "The access token was not accepted"  # noqa: S105 - a title
_UNREADABLE = "The request cannot be read"
_NOT_AGREED = "This is not agreed"

_TYPES: Final = (
    # Who asks
    ProblemType(
        "invalid-token",
        401,
        _TOKEN,
        "There is no access token, it has run out, it was made for another service or by an issuer that we do not trust, "
        "or it is an ID token.",
        "Get a new access token from your organisation's sign-in for this gateway and send it as "
        "`Authorization: Bearer TOKEN`.",
    ),
    ProblemType(
        "invalid-request",
        400,
        _TOKEN,
        "The token was sent twice, in a form, or in another scheme than Bearer.",
        "Send exactly one Authorization header with a Bearer token, and the body as JSON.",
    ),
    ProblemType(
        "insufficient-scope",
        403,
        _TOKEN,
        "The token is good, but lacks the scope that this call needs: `views` to ask, `checks` to check, `break-glass` "
        "in an emergency, `pointers` to register, `audit` to read the log.",
        "Ask your issuer for a token with the scope that the detail names.",
    ),
    ProblemType(
        "token-in-address",
        400,
        "A token stands in the address",
        "Addresses end up in logs, so a token there is no longer secret.",
        "Send the token in the Authorization header only, and replace this one.",
    ),
    ProblemType(
        "step-up-needed",
        401,
        "Sign in again with a second factor",
        "The token is good, but an emergency needs a sign-in with a second factor a few minutes ago at most (RFC 9470).",
        "Send the practitioner to your sign-in with the `acr_values` and `max_age` of the WWW-Authenticate header, and ask "
        "again with the token that comes of it. Where the header names none, your sign-in has no second factor that counts "
        "here: ask the gateway's operator.",
    ),
    # What is agreed
    ProblemType(
        "scope-missing",
        403,
        _NOT_AGREED,
        "The token lacks the scope of its question: `views` for a view, `checks` for a check, `break-glass` for an "
        "emergency.",
        "Ask your issuer for a token with the scope that the detail names.",
    ),
    ProblemType(
        "purpose-unknown",
        403,
        _NOT_AGREED,
        "The purpose is not in the register.",
        "Use a code of GET /v1/purposes.",
    ),
    ProblemType(
        "no-agreement",
        403,
        _NOT_AGREED,
        "No data-sharing agreement lets your organisation ask for this purpose.",
        "Ask your information governance lead whether you are party to one; the person's permission alone is not enough.",
    ),
    ProblemType(
        "not-a-specified-authority",
        403,
        _NOT_AGREED,
        "The duty to refer (Housing Act 1996 s.213B) is that of the public authorities which the regulations name.",
        "Refer with the person's agreement for the purpose `agreed-referral`.",
    ),
    ProblemType(
        "agreement-suspended",
        403,
        _NOT_AGREED,
        "The agreement exists, but its parties have suspended it; the clause says why they may.",
        "Ask the parties when it resumes. Until then nothing is shared under it.",
    ),
    ProblemType(
        "agreement-ended",
        403,
        _NOT_AGREED,
        "The agreement is over, or does not hold yet.",
        "Ask the parties to renew it, or use the renewal that the detail names.",
    ),
    ProblemType(
        "role-not-permitted",
        403,
        _NOT_AGREED,
        "The agreement lets other roles of your organisation ask, not the practitioner's.",
        "Have somebody in a role that the detail names ask, if the work is theirs.",
    ),
    ProblemType(
        "section-not-agreed",
        403,
        _NOT_AGREED,
        "A section was asked for that no agreement offers for this purpose and role.",
        "Leave out the sections that the detail names, or leave out `sections` to get all that is agreed.",
    ),
    ProblemType(
        "purpose-not-listed",
        403,
        _NOT_AGREED,
        "The law lists the purposes for which your organisation takes part, and this is none of them; the clause names it.",
        "Ask for a listed purpose only. No agreement and no permission of the person can add one.",
    ),
    ProblemType(
        "check-not-agreed",
        403,
        _NOT_AGREED,
        "No agreement in force lets the practitioner's role ask this check for this purpose.",
        "Use a check of GET /v1/checks that your agreement names for the role.",
    ),
    ProblemType(
        "hold-back-not-permitted",
        403,
        _NOT_AGREED,
        "The request asks to leave the person untold, for a reason that the purpose does not have.",
        "Leave out `hold_back`, or send one of the purpose's `hold_back_reasons` of GET /v1/purposes.",
    ),
    ProblemType(
        "break-glass-only",
        403,
        _NOT_AGREED,
        "The purpose is for emergencies, which are not asked as a view.",
        "In an emergency use POST /v1/break-glass; for planned work use its own purpose.",
    ),
    ProblemType(
        "emergency-reason-unknown",
        403,
        _NOT_AGREED,
        "The `reason_code` is not one of the emergencies that the register knows.",
        "Send one of the purpose's `emergency_reasons` of GET /v1/purposes. If none fits, it is not an emergency.",
    ),
    ProblemType(
        "nothing-to-ask",
        403,
        _NOT_AGREED,
        "A person is asked to allow what only their yes opens. Of what the request names, a yes would open nothing: the "
        "agreement needs none, shares it with other roles, or is being wound down.",
        "Ask for a view of what needs no yes, and leave out the sections that the detail names.",
    ),
    ProblemType(
        "asked-too-long",
        403,
        _NOT_AGREED,
        "The request asks for longer than one permission for this purpose may last.",
        "Send the number of days that the detail names or fewer, or leave out `days`. A person can allow it again later.",
    ),
    ProblemType(
        "refused",
        403,
        _NOT_AGREED,
        "The policy in force refuses the request for a reason that has no page of its own yet.",
        "Do what the detail says, or tell us the correlation id.",
    ),
    ProblemType(
        "officers-only",
        403,
        "This is for officers",
        "The log is read by an organisation's information governance officers, and the token is not one of theirs.",
        "Have an officer of your organisation sign in; their account needs the role `officer`.",
    ),
    # What was sent
    ProblemType(
        "malformed-json",
        400,
        _UNREADABLE,
        "The body is no JSON, names a member twice, nests too deeply, or holds a number that cannot be read exactly.",
        "Send one JSON object in UTF-8 with each member once.",
    ),
    ProblemType(
        "media-type",
        415,
        "The body is not sent as JSON",
        "The Content-Type is missing or is not application/json.",
        "Send the body as application/json.",
    ),
    ProblemType(
        "body-invalid",
        422,
        "The body does not fit the contract",
        "A member is missing, unknown, of another type or out of its bounds.",
        "Mend each of the faults that the answer lists, and send it again.",
    ),
    ProblemType(
        "query-invalid",
        422,
        "The query does not fit the contract",
        "A parameter of the address is missing, unknown, sent twice, of another form or out of its bounds.",
        "Mend each of the faults that the answer lists, and send it again.",
    ),
    ProblemType(
        "malformed-idempotency-key",
        400,
        _UNREADABLE,
        "The header Idempotency-Key stands twice, or is not 8 to 128 printable ASCII characters without spaces.",
        "Send one key of your own making, for example a UUID, new for each request.",
    ),
    ProblemType(
        "idempotency-key-reused",
        422,
        "This key belongs to another request",
        "The Idempotency-Key was used within the last 28 days for a request with another body.",
        "Repeat a request byte for byte with its key, or send a new request with a new key.",
    ),
    ProblemType(
        "identifiers-unusable",
        422,
        "These identifiers cannot be used",
        "The NHS number's check digit is wrong, or a name or postcode holds no letters.",
        "Check what was typed. Nobody was looked for.",
    ),
    ProblemType(
        "referral-elsewhere",
        409,
        "The referral stands elsewhere",
        "The step does not fit the state of the referral, which `state` tells: somebody else took a step, or its time is "
        "over.",
        "Read the referral again and go on from where it stands.",
    ),
    ProblemType(
        "identifiers-ambiguous",
        409,
        "Somebody else registered these identifiers just now",
        "Another registration of the same identifiers was under way in the same moment, again and again.",
        "Send the registration again.",
    ),
    ProblemType(
        "too-often",
        429,
        "Too many calls",
        "Your application calls more often than one application may, whatever it asks and of whom.",
        "Wait for the seconds that Retry-After names, then send the call again. Need more? Ask the gateway's operator.",
    ),
    ProblemType(
        "body-too-large",
        413,
        "The body is too large",
        "The body is larger than the gateway reads (64 KiB unless its operator chose otherwise).",
        "Send a smaller body; every request of the contract fits many times over.",
    ),
    ProblemType(
        "body-too-slow",
        408,
        "The body took too long",
        "The body had not arrived after ten seconds.",
        "Send the whole body at once.",
    ),
    ProblemType(
        "malformed-length",
        400,
        "Content-Length is not a length",
        "There is more than one Content-Length, or it is no whole number.",
        "Send one Content-Length, as a whole number.",
    ),
    ProblemType(
        "headers-too-large",
        431,
        "The headers are too large",
        "There are more than 64 headers, or more than 16 KiB of them.",
        "Send fewer and shorter headers.",
    ),
    # Where it was sent
    ProblemType(
        "malformed-path",
        400,
        "The path has more than one meaning",
        "The path holds empty or dot segments, or slashes, dots or percent signs in disguise.",
        "Send the path exactly as the contract has it.",
    ),
    ProblemType(
        "malformed-query",
        400,
        "The query is too long",
        "The query is longer than 8 KiB or has more than 100 fields. No call of the API needs so much.",
        "Leave out what the contract does not name.",
    ),
    ProblemType(
        "malformed-host",
        400,
        "The Host header is not a host",
        "There is no Host header, more than one, or one that is no host.",
        "Send exactly one Host header.",
    ),
    ProblemType(
        "unknown-host",
        421,
        "This host is not served here",
        "The Host header names another host than the gateway's published address.",
        "Use the gateway's published address.",
    ),
    ProblemType(
        "not-found",
        404,
        "There is nothing here",
        "The path is not in the contract, or is a tile that the log has not reached yet.",
        "Check the path against /openapi.json.",
    ),
    ProblemType(
        "method-not-allowed",
        405,
        "This path does not take that method",
        "The path exists, but not with this method.",
        "Use a method that the Allow header names.",
    ),
    # Our side
    ProblemType(
        "closed",
        503,
        "Nothing is disclosed at the moment",
        "Something that every answer depends on is in doubt: log, key store, policy, an issuer's keys or the clock.",
        "Try again in a minute. It concerns all requests alike and says nothing about the person.",
    ),
    ProblemType(
        "internal",
        500,
        "Something went wrong at our side",
        "A mistake of ours. Nothing was disclosed.",
        "Tell us the correlation id.",
    ),
)

PROBLEM_TYPES: Final[Mapping[str, ProblemType]] = {one.code: one for one in _TYPES}
