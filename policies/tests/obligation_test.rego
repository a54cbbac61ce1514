package oncetold.obligation_test

import data.oncetold.decide
import data.oncetold.fixture

decided(patches) := answer if {
	question := fixture.changed(patches)
	answer := decide.decision with input as question with data.registers as fixture.registers
}

put(path, value) := {"op": "add", "path": path, "value": value}

broken := [
	put("/purpose", "emergency"),
	put("/emergency", "life"),
	put("/asker/strong", true),
	put("/subject/permissions", []),
]

test_an_ordinary_purpose_obliges_to_nothing if {
	decided([]).obligations == set()
}

test_a_refusal_obliges_to_nothing if {
	decided([put("/purpose", "danger"), put("/asker/role", "driver")]).obligations == set()
}

test_each_obligation_follows_from_the_purpose if {
	decided([put("/purpose", "danger")]).obligations == {
		{"code": "notify"},
		{"code": "review", "hours": 72, "by": {"charity", "county", "surgery"}},
		{"code": "watermark"},
	}
}

test_only_those_that_share_something_review_it if {
	review := {"code": "review", "hours": 72, "by": {"charity", "county"}}
	review in decided([put("/purpose", "danger"), put("/subject/pointers", ["charity"])]).obligations
}

test_a_coded_reason_holds_the_notice_back if {
	decided([put("/purpose", "danger"), put("/hold_back", "told-endangers")]).obligations == {
		{"code": "hold-back", "reason": "told-endangers", "look_again_days": 14},
		{"code": "review", "hours": 72, "by": {"charity", "county", "surgery"}},
		{"code": "watermark"},
	}
}

test_no_other_reason_holds_it_back if {
	answer := decided([put("/purpose", "danger"), put("/hold_back", "inconvenient")])
	answer.refusal == {
		"code": "hold-back-not-permitted",
		"detail": "The person is told of this. Reasons to wait: tips-off, told-endangers.",
		"clause": null,
	}
	answer.obligations == set()
}

test_where_no_reason_is_listed_none_holds_it_back if {
	refusal := decided([put("/hold_back", "told-endangers")]).refusal
	refusal.code == "hold-back-not-permitted"
	refusal.detail == "The person is told of this. Reasons to wait: none."
}

test_breaking_the_glass_opens_for_a_short_time_and_is_reviewed if {
	answer := decided(broken)
	answer.refusal == null
	object.keys(answer.permits) == {"charity", "surgery"}
	answer.obligations == {
		{"code": "expires", "minutes": 15},
		{"code": "notify"},
		{"code": "review", "hours": 24, "by": {"charity", "county", "surgery"}},
	}
}

test_an_emergency_is_for_break_glass_only if {
	decided([put("/purpose", "emergency"), put("/asker/strong", true)]).refusal.code == "break-glass-only"
}

test_an_emergency_needs_a_coded_reason if {
	answer := decided(array.concat(broken, [put("/emergency", "curious")]))
	answer.refusal == {
		"code": "emergency-reason-unknown",
		"detail": "Not a reason of this purpose. Its reasons: child, life.",
		"clause": null,
	}
}

test_no_other_purpose_is_an_emergency if {
	answer := decided([put("/emergency", "life"), put("/asker/strong", true)])
	answer.refusal.code == "emergency-reason-unknown"
}

test_an_emergency_needs_a_second_factor if {
	decided(array.concat(broken, [put("/asker/strong", false)])).refusal.code == "step-up-needed"
}

test_an_emergency_needs_a_role_all_the_same if {
	decided(array.concat(broken, [put("/asker/role", "driver")])).refusal.code == "role-not-permitted"
}
