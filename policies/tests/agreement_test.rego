package oncetold.agreement_test

import data.oncetold.decide
import data.oncetold.fixture

decided(patches) := answer if {
	question := fixture.changed(patches)
	answer := decide.decision with input as question with data.registers as fixture.registers
}

put(path, value) := {"op": "add", "path": path, "value": value}

ending(grant) := decided([
	put("/purpose", "ending"),
	put("/subject/permissions", [fixture.exchanged(fixture.everything, grant)]),
])

test_a_decision_names_its_revision if {
	decided([]).revision == "r1"
}

test_an_agreement_that_is_being_wound_down_serves_those_who_were_there_before if {
	answer := ending({"purposes": ["ending"], "precedes": ["ending-1"]})
	object.keys(answer.permits) == {"charity", "surgery"}
	answer.permits.surgery.permissions == {"g1"}
}

test_and_nobody_new if {
	answer := ending({"purposes": ["ending"], "precedes": []})
	answer.refusal == null
	answer.permits == {}
}

test_a_permission_that_precedes_another_agreement_s_end_is_new_here if {
	ending({"purposes": ["ending"], "precedes": ["home-1"]}).permits == {}
}

test_only_the_permission_that_counts_is_relied_on if {
	before := fixture.exchanged(fixture.everything, {"id": "g0", "purposes": ["ending"], "precedes": ["ending-1"]})
	after := fixture.exchanged(fixture.everything, {"purposes": ["ending"]})
	answer := decided([put("/purpose", "ending"), put("/subject/permissions", [before, after])])
	answer.permits.surgery.permissions == {"g0"}
}

test_an_agreement_that_was_suspended_meanwhile_names_its_clause if {
	decided([put("/suspended", ["home-1"])]).refusal == {
		"code": "agreement-suspended",
		"detail": "Suspended: home-1. Ask the parties when it resumes.",
		"clause": "6",
	}
}

test_the_suspension_of_another_agreement_stops_nothing if {
	decided([put("/suspended", ["duty-1", "nothing-1"])]).refusal == null
}

test_a_grant_of_any_purpose_is_a_grant_of_none if {
	decided([put("/subject/permissions/0/purposes", ["*"])]).permits == {}
}

test_a_grant_for_any_recipient_is_for_none if {
	decided([put("/subject/permissions/0/recipients", ["*"])]).permits == {}
}

test_a_grant_of_any_field_is_of_none if {
	decided([put("/subject/permissions/0/sections", {"person": ["*"]})]).permits == {}
	decided([put("/subject/permissions/0/sections", {"*": ["phone"]})]).permits == {}
}

objecting(parts) := decided([put("/subject/permissions/-", fixture.exchanged(fixture.everything, parts))])

test_an_objection_may_be_to_anything if {
	objecting({
		"id": "o1",
		"kind": "objection",
		"purposes": ["*"],
		"sections": {"*": ["*"]},
		"sources": ["*"],
		"recipients": ["*"],
	}).permits == {}
}

test_an_objection_may_be_to_a_whole_section if {
	no := {"id": "o1", "kind": "objection", "sections": {"person": ["*"]}}
	objecting(no).permits.surgery.sections == {"health": {"illness"}}
}
