package oncetold.law_test

import data.oncetold.decide
import data.oncetold.fixture

decided(patches) := answer if {
	question := fixture.changed(patches)
	answer := decide.decision with input as question with data.registers as fixture.registers
}

asked(purpose, changes) := answer if {
	grant := fixture.exchanged(fixture.everything, {"purposes": [purpose]})
	question := fixture.changed([put("/purpose", purpose), put("/subject/permissions", [grant])])
	answer := decide.decision with input as question with data.registers as fixture.agreed(changes)
}

put(path, value) := {"op": "add", "path": path, "value": value}

test_offence_data_need_an_article_10_condition if {
	asked("risk", []).permits.surgery.sections == {"person": {"name"}, "risk": {"convictions"}}
	asked("risk", []).permits.surgery.basis.article_10 == {"condition": "DPA 2018 s.10(5)", "law": "Sch 1 para 18"}
	without := put("/parties/county/risk/risk-1/article_10", null)
	asked("risk", [without]).permits.surgery.sections == {"person": {"name"}}
}

test_an_article_9_condition_is_no_article_10_condition if {
	without := put("/parties/county/risk/risk-1/article_9", null)
	asked("risk", [without]).permits.surgery.sections.risk == {"convictions"}
}

test_a_source_that_the_law_opens_for_some_purposes_shares_for_no_other if {
	source := put("/parties/county/home/home-1/sources/benefits", fixture.shared)
	object.keys(asked("benefit", []).permits) == {"benefits"}
	object.keys(asked("home", [source]).permits) == {"charity", "surgery"}
}

test_an_organisation_that_the_law_opens_for_some_purposes_asks_for_no_other if {
	answer := decided([put("/asker/organisation", "benefits")])
	answer.refusal.code == "purpose-not-listed"
	answer.refusal.clause == "SI 2012/1483 reg 5"
}

test_it_may_ask_for_those if {
	decided([put("/asker/organisation", "benefits"), put("/purpose", "benefit")]).refusal == null
}

test_a_duty_of_specified_authorities_is_no_others if {
	object.keys(asked("refer", []).permits) == {"surgery"}
	asked("refer", []).named_sources == {"surgery"}
}

test_a_section_may_have_a_rule_of_its_own if {
	rules := put("/parties/county/home/home-1/rules", {"health": "none"})
	gate := put("/parties/county/home/home-1/confidentiality", fixture.statute)
	question := fixture.changed([put("/subject/permissions", [])])
	answer := decide.decision with input as question with data.registers as fixture.agreed([rules, gate])
	answer.permits.surgery.sections == {"health": {"illness"}}
	answer.permits.surgery.permissions == set()
	answer.permits.surgery.basis.rules == {"health": "none"}
	object.keys(answer.permits) == {"surgery"}
}

test_the_confidentiality_gate_must_fit_the_section_s_own_rule if {
	rules := put("/parties/county/home/home-1/rules", {"health": "none"})
	answer := decide.decision with input as fixture.question with data.registers as fixture.agreed([rules])
	answer.permits.surgery.sections == {"person": {"name", "phone", "address"}}
}

test_a_section_may_need_a_permission_where_the_others_do_not if {
	rules := put("/parties/county/danger/danger-1/rules", {"health": "permission"})
	question := fixture.changed([put("/purpose", "danger"), put("/subject/permissions", [])])
	answer := decide.decision with input as question with data.registers as fixture.agreed([rules])
	object.keys(answer.permits.surgery.sections) == {"person"}
}
