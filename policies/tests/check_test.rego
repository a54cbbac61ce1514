package oncetold.check_test

import data.oncetold.decide
import data.oncetold.fixture

asked(patches) := answer if {
	check := [put("/check", "reachable"), put("/asker/role", "clerk")]
	question := fixture.changed(array.concat(check, patches))
	answer := decide.decision with input as question with data.registers as fixture.registers
}

put(path, value) := {"op": "add", "path": path, "value": value}

test_a_check_reads_its_one_field if {
	answer := asked([])
	answer.permits.surgery.sections == {"person": {"phone"}}
	answer.permits.charity.sections == {"person": {"phone"}}
	answer.permitted_labels == {"R"}
}

test_who_may_only_check_has_no_view if {
	refusal := asked([put("/check", null)]).refusal
	refusal.code == "role-not-permitted"
	refusal.detail == "No agreement in force lets the role clerk ask. Roles that may: volunteer, worker."
}

test_who_may_view_may_not_check_for_that if {
	asked([put("/asker/role", "worker")]).refusal == {
		"code": "check-not-agreed",
		"detail": "No agreement in force lets this role ask this check.",
		"clause": "3",
	}
}

test_a_check_that_is_not_agreed_is_refused if {
	asked([put("/check", "healthy")]).refusal.code == "check-not-agreed"
}

test_a_check_that_nobody_knows_is_refused if {
	asked([put("/check", "anything")]).refusal.code == "check-not-agreed"
}

test_a_check_does_not_open_another_section if {
	asked([put("/sections", ["health"])]).refusal.code == "section-not-agreed"
}

test_a_check_heeds_the_person if {
	asked([put("/subject/permissions", [])]).permits == {}
}
