package oncetold.refusal_test

import data.oncetold.decide
import data.oncetold.fixture

refused(question) := answer.refusal if {
	answer := decide.decision with input as question with data.registers as fixture.registers
	answer.permits == {}
	answer.named_sources == set()
	answer.permitted_labels == set()
	answer.reasons == set()
}

test_nothing_is_refused_when_all_is_agreed if {
	answer := decide.decision with input as fixture.question with data.registers as fixture.registers
	answer.refusal == null
}

test_a_token_without_the_scope_is_told_so if {
	refused(fixture.changed([{"op": "replace", "path": "/asker/scopes", "value": ["break-glass", "checks"]}])) == {
		"code": "scope-missing",
		"detail": "The token has no scope `views`. Ask the issuer for it.",
		"clause": null,
	}
}

test_a_check_needs_its_own_scope if {
	patches := [
		{"op": "replace", "path": "/asker/scopes", "value": ["break-glass", "views"]},
		{"op": "replace", "path": "/check", "value": "is-alive"},
	]
	contains(refused(fixture.changed(patches)).detail, "no scope `checks`")
}

test_an_emergency_needs_its_own_scope if {
	patches := [
		{"op": "replace", "path": "/asker/scopes", "value": ["checks", "views"]},
		{"op": "replace", "path": "/emergency", "value": "life-at-risk"},
	]
	contains(refused(fixture.changed(patches)).detail, "no scope `break-glass`")
}

test_an_unknown_purpose_is_told_so if {
	refused(fixture.changed([{"op": "replace", "path": "/purpose", "value": "curiosity"}])).code == "purpose-unknown"
}

test_no_agreement_is_told_so if {
	refused(fixture.changed([{"op": "replace", "path": "/purpose", "value": "unused"}])).code == "no-agreement"
}

test_an_organisation_without_any_agreement_is_told_so if {
	patch := [{"op": "replace", "path": "/asker/organisation", "value": "police"}]
	refused(fixture.changed(patch)).code == "no-agreement"
}

test_a_suspended_agreement_names_its_clause if {
	refused(fixture.changed([{"op": "replace", "path": "/purpose", "value": "food"}])) == {
		"code": "agreement-suspended",
		"detail": "Suspended: food-1. Ask the parties when it resumes.",
		"clause": "6",
	}
}

test_a_suspended_agreement_stays_suspended_though_its_time_has_come if {
	patches := [
		{"op": "replace", "path": "/purpose", "value": "food"},
		{"op": "replace", "path": "/agreements", "value": ["food-1"]},
	]
	refused(fixture.changed(patches)).code == "agreement-suspended"
}

test_an_ended_agreement_names_its_renewal if {
	refused(fixture.changed([{"op": "replace", "path": "/purpose", "value": "old"}])) == {
		"code": "agreement-ended",
		"detail": concat(" ", [
			"old-1 does not hold now: it holds from 2026-05-01 to 2026-04-30. Its renewal is old-2.",
			"old-3 does not hold now: it holds from 2026-05-01. Ask the parties to renew it.",
		]),
		"clause": "5",
	}
}

test_a_role_that_may_not_ask_is_told_which_may if {
	refused(fixture.changed([{"op": "replace", "path": "/asker/role", "value": "clerk"}])) == {
		"code": "role-not-permitted",
		"detail": "No agreement in force lets the role clerk ask. Roles that may: volunteer, worker.",
		"clause": "3",
	}
}

test_an_application_with_nobody_signed_in_has_no_role if {
	refusal := refused(fixture.changed([{"op": "replace", "path": "/asker/role", "value": null}]))
	refusal.code == "role-not-permitted"
	contains(refusal.detail, "nobody signed in")
}

test_a_role_that_nobody_knows_is_not_said_back if {
	refusal := refused(fixture.changed([{"op": "replace", "path": "/asker/role", "value": "9990000000"}]))
	refusal.code == "role-not-permitted"
	not contains(refusal.detail, "9990000000")
}

test_a_section_that_is_not_agreed_is_named if {
	refused(fixture.changed([{"op": "replace", "path": "/sections", "value": ["person", "money"]}])) == {
		"code": "section-not-agreed",
		"detail": "Not agreed for this purpose and role: money. Leave these out.",
		"clause": "2",
	}
}

test_a_section_that_the_role_does_not_see_is_refused if {
	patches := [
		{"op": "replace", "path": "/asker/role", "value": "volunteer"},
		{"op": "replace", "path": "/sections", "value": ["health"]},
	]
	refused(fixture.changed(patches)).code == "section-not-agreed"
}

test_a_section_that_nobody_knows_is_not_said_back if {
	refusal := refused(fixture.changed([{"op": "replace", "path": "/sections", "value": ["9990000000"]}]))
	refusal.code == "section-not-agreed"
	contains(refusal.detail, "a section that is not in the register")
	not contains(refusal.detail, "9990000000")
}
