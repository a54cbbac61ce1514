# METADATA
# title: Refusal
# description: >-
#   Refusals that do not depend on the person, so the caller may be told what to fix. Exactly one, the first that applies.
# scope: package
# schemas:
# - input: schema["input.schema"]
# - data.registers: schema["data.schema"]
package oncetold.refusal

import data.oncetold.agreement
import data.oncetold.law
import data.oncetold.offer
import data.oncetold.purpose
import data.oncetold.role

# METADATA
# title: The refusal, or null
# scope: document
default first := null

first := {
	"code": "scope-missing",
	"detail": concat("", ["The token has no scope `", scope, "`. Ask the issuer for it."]),
	"clause": null,
} if {
	not scope in input.asker.scopes
} else := {
	"code": "purpose-unknown",
	"detail": "This purpose is not in the register. GET /v1/purposes lists them.",
	"clause": null,
} if {
	not purpose.entry
} else := {
	"code": "purpose-not-listed",
	"detail": "The law lists the purposes for which your organisation takes part, and this is none of them.",
	"clause": "SI 2012/1483 reg 5",
} if {
	not law.open_to_purpose(input.asker.organisation)
} else := {
	"code": "break-glass-only",
	"detail": "This purpose is for emergencies: POST /v1/break-glass with a coded reason.",
	"clause": null,
} if {
	purpose.entry.emergency
	input.emergency == null
} else := {
	"code": "emergency-reason-unknown",
	"detail": concat("", ["Not a reason of this purpose. Its reasons: ", listed(emergency_reasons), "."]),
	"clause": null,
} if {
	input.emergency != null
	not purpose.entry.emergency.reasons[input.emergency]
} else := {
	"code": "no-agreement",
	"detail": "No agreement lets your organisation ask for this purpose.",
	"clause": null,
} if {
	count(agreement.known) == 0
} else := {
	"code": "agreement-suspended",
	"detail": concat("", ["Suspended: ", listed(object.keys(agreement.suspended)), ". Ask the parties when it resumes."]),
	"clause": min({clause | some terms in agreement.suspended; clause := terms.clauses.suspension}),
} if {
	count(agreement.in_force) == 0
	count(agreement.suspended) > 0
} else := {
	"code": "agreement-ended",
	"detail": concat(" ", sort([told | some id, terms in agreement.known; told := over(id, terms)])),
	"clause": min({clause | some terms in agreement.known; clause := terms.clauses.ending}),
} if {
	count(agreement.in_force) == 0
} else := {
	"code": "check-not-agreed",
	"detail": "No agreement in force lets this role ask this check.",
	"clause": min({clause | some terms in agreement.in_force; clause := terms.clauses.roles}),
} if {
	input.check != null
	count(role.open) == 0
} else := {
	"code": "role-not-permitted",
	"detail": concat("", ["No agreement in force lets ", role_told, " ask. Roles that may: ", listed(roles), "."]),
	"clause": min({clause | some terms in agreement.in_force; clause := terms.clauses.roles}),
} if {
	count(role.open) == 0
} else := {
	"code": "step-up-needed",
	"detail": "Sign in again with a second factor, and ask within a few minutes.",
	"clause": null,
} if {
	purpose.entry.emergency
	not input.asker.strong
} else := {
	"code": "hold-back-not-permitted",
	"detail": concat("", ["The person is told of this. Reasons to wait: ", listed(hold_back_reasons), "."]),
	"clause": null,
} if {
	input.hold_back != null
	not input.hold_back in hold_back_reasons
} else := {
	"code": "section-not-agreed",
	"detail": concat("", ["Not agreed for this purpose and role: ", listed(unagreed_told), ". Leave these out."]),
	"clause": min({clause | some terms in role.open; clause := terms.clauses.sections}),
} if {
	count(unagreed) > 0
}

# METADATA
# title: The scope that the question needs
# description: Each its own, so that who may only check cannot view, and nobody breaks the glass by the token of every day.
# scope: document
scope := "break-glass" if {
	input.emergency != null
} else := "checks" if {
	input.check != null
} else := "views"

# METADATA
# title: Sections asked for that nobody offers
# scope: document
unagreed contains section if {
	some section in input.sections
	not section in offer.sections
}

# METADATA
# title: The same in words
# description: A name that is not in the register came from the caller and is not said back.
# scope: document
unagreed_told contains section if {
	some section in unagreed
	data.registers.sections[section]
}

unagreed_told contains "a section that is not in the register" if {
	some section in unagreed
	not data.registers.sections[section]
}

# METADATA
# title: Names in words
# description: In their order, since a set compiled to WebAssembly has one of its own.
# scope: document
listed(names) := concat(", ", sort(names)) if count(names) > 0

listed(names) := "none" if count(names) == 0

# METADATA
# title: Roles that may ask for a view
# scope: document
roles contains name if {
	some terms in agreement.in_force
	some name, role in terms.roles
	count(role.sees) > 0
}

# METADATA
# title: Coded reasons of an emergency
# scope: document
emergency_reasons contains reason if some reason, _ in purpose.entry.emergency.reasons

# METADATA
# title: Coded reasons why the person may be left untold for a while
# scope: document
hold_back_reasons contains reason if some reason, _ in purpose.entry.hold_back.reasons

# METADATA
# title: The asker's role in words
# scope: document
default role_told := "a role that is not in the register"

role_told := "an application with nobody signed in" if input.asker.role == null

role_told := concat("", ["the role ", input.asker.role]) if data.registers.roles[input.asker.role]

# METADATA
# title: The end of an agreement in words
# description: A renewal that is named may still be a draft.
# scope: document
over(id, terms) := concat("", [id, " does not hold now: it holds from ", terms.valid_from, until(terms), ".", renewal(terms)])

# METADATA
# title: The last day in words
# scope: document
until(terms) := concat("", [" to ", terms.valid_until]) if terms.valid_until != null

until(terms) := "" if terms.valid_until == null

# METADATA
# title: The renewal in words
# scope: document
renewal(terms) := concat("", [" Its renewal is ", terms.renewed_by, "."]) if terms.renewed_by != null

renewal(terms) := " Ask the parties to renew it." if terms.renewed_by == null
