package oncetold.decide_test

import data.oncetold.decide
import data.oncetold.fixture

decided(patches) := answer if {
	question := fixture.changed(patches)
	answer := decide.decision with input as question with data.registers as fixture.registers
}

under(patches) := answer if {
	answer := decide.decision with input as fixture.question with data.registers as fixture.agreed(patches)
}

fields(answer, source) := answer.permits[source].sections

put(path, value) := {"op": "add", "path": path, "value": value}

objection := {
	"id": "o1",
	"kind": "objection",
	"purposes": ["*"],
	"sections": {"*": ["phone"]},
	"sources": ["surgery"],
	"recipients": ["*"],
	"precedes": [],
}

test_everything_that_was_agreed_and_allowed_is_permitted if {
	answer := decided([])
	object.keys(answer.permits) == {"charity", "surgery"}
	fields(answer, "surgery") == {"person": {"name", "phone", "address"}, "health": {"illness"}}
	fields(answer, "charity") == {"person": {"phone"}}
	answer.permits.surgery.permissions == {"g1"}
	answer.reasons == set()
}

test_the_basis_names_every_gate if {
	decided([]).permits.surgery.basis == {
		"agreement": "home-1",
		"version": 2,
		"clause": "2",
		"permission_rule": "permission",
		"rules": {},
		"article_6": {"source": fixture.bases.surgery, "recipient": fixture.bases.county},
		"article_9": {"condition": "9(2)(h)", "law": "DPA 2018 Sch 1 para 2"},
		"article_10": null,
		"confidentiality": {"gate": "explicit-consent", "law": "the person's permission"},
	}
}

test_only_what_was_asked_is_permitted if {
	fields(decided([put("/sections", ["health"])]), "surgery") == {"health": {"illness"}}
}

test_a_source_without_a_pointer_is_not_asked if {
	answer := decided([put("/subject/pointers", ["charity"])])
	object.keys(answer.permits) == {"charity"}
	answer.reasons == {{"gate": "pointer", "code": "no-pointer", "source": "surgery"}}
}

test_the_purpose_caps_the_agreement if {
	grant := fixture.exchanged(fixture.everything, {"purposes": ["visits"]})
	answer := decided([put("/purpose", "visits"), put("/subject/permissions", [grant])])
	fields(answer, "surgery") == {"person": {"name"}}
}

test_the_role_caps_the_agreement if {
	answer := decided([put("/asker/role", "volunteer")])
	fields(answer, "surgery") == {"person": {"name"}}
	answer.named_sources == {"surgery"}
}

test_without_a_permission_nothing_is_permitted if {
	answer := decided([put("/subject/permissions", [])])
	answer.permits == {}
	answer.named_sources == {"charity", "surgery"}
	answer.reasons == {
		{"gate": "permission", "code": "not-permitted", "source": "charity", "clause": "4"},
		{"gate": "permission", "code": "not-permitted", "source": "surgery", "clause": "4"},
	}
}

test_an_agreement_with_an_unknown_rule_needs_permission if {
	question := fixture.changed([put("/subject/permissions", [])])
	registers := fixture.agreed([put("/parties/county/home/home-1/rule", "whatever")])
	answer := decide.decision with input as question with data.registers as registers
	answer.permits == {}
}

test_consent_to_processing_is_no_permission if {
	decided([put("/subject/permissions/0/kind", "gdpr_consent")]).permits == {}
}

test_an_agreed_referral_is_a_permission if {
	count(decided([put("/subject/permissions/0/kind", "referral_agreement")]).permits) == 2
}

test_a_permission_for_another_purpose_permits_nothing if {
	decided([put("/subject/permissions/0/purposes", ["duty"])]).permits == {}
}

test_a_permission_for_another_recipient_permits_nothing if {
	decided([put("/subject/permissions/0/recipients", ["charity"])]).permits == {}
}

test_a_permission_for_one_source_permits_only_that_one if {
	object.keys(decided([put("/subject/permissions/0/sources", ["charity"])]).permits) == {"charity"}
}

test_a_permission_for_some_fields_permits_only_those if {
	answer := decided([put("/subject/permissions/0/sections", {"person": ["phone"]})])
	fields(answer, "surgery") == {"person": {"phone"}}
}

test_several_permissions_add_up if {
	one := fixture.exchanged(fixture.everything, {"id": "g2", "sources": ["charity"]})
	two := json.patch(fixture.everything, [put("/sources", ["surgery"]), put("/sections", {"health": ["illness"]})])
	answer := decided([put("/subject/permissions", [one, two])])
	fields(answer, "surgery") == {"health": {"illness"}}
	fields(answer, "charity") == {"person": {"phone"}}
	answer.permits.charity.permissions == {"g2"}
	answer.permits.surgery.permissions == {"g1"}
}

test_an_objection_takes_away if {
	answer := decided([put("/subject/permissions/-", objection)])
	fields(answer, "surgery") == {"person": {"name", "address"}, "health": {"illness"}}
	fields(answer, "charity") == {"person": {"phone"}}
	answer.reasons == {{"gate": "permission", "code": "objection", "permission": "o1", "clause": "4"}}
}

test_a_dissent_takes_away_likewise if {
	dissent := fixture.exchanged(objection, {"kind": "dissent"})
	fields(decided([put("/subject/permissions/-", dissent)]), "surgery").person == {"name", "address"}
}

test_an_objection_to_another_purpose_takes_nothing_away if {
	other := fixture.exchanged(objection, {"purposes": ["duty"]})
	fields(decided([put("/subject/permissions/-", other)]), "surgery").person == {"name", "phone", "address"}
}

test_an_objection_to_another_recipient_takes_nothing_away if {
	other := fixture.exchanged(objection, {"recipients": ["charity"]})
	fields(decided([put("/subject/permissions/-", other)]), "surgery").person == {"name", "phone", "address"}
}

test_without_an_objection_everything_is_permitted_under_no_objection if {
	answer := decided([put("/purpose", "duty"), put("/subject/permissions", [])])
	fields(answer, "surgery") == {"person": {"name", "phone", "address"}, "health": {"illness"}}
	answer.permits.surgery.permissions == set()
	object.keys(answer.permits) == {"charity", "surgery"}
}

test_an_objection_counts_under_no_objection if {
	answer := decided([put("/purpose", "duty"), put("/subject/permissions", [objection])])
	fields(answer, "surgery").person == {"name", "address"}
}

test_an_objection_does_not_count_where_a_statute_asks_nothing_of_the_person if {
	answer := decided([put("/purpose", "danger"), put("/subject/permissions", [objection])])
	fields(answer, "surgery") == {"person": {"name", "phone", "address"}, "health": {"illness"}}
	object.keys(answer.permits) == {"charity", "surgery"}
}

test_a_hidden_source_answers_only_under_a_permission_that_names_it if {
	answer := decided([put("/subject/permissions/0/sources", ["refuge"])])
	object.keys(answer.permits) == {"refuge"}
	answer.permits.refuge.permissions == {"g1"}
	answer.named_sources == {"charity", "surgery"}
}

test_a_hidden_source_needs_its_permission_even_under_a_statute if {
	named := fixture.exchanged(fixture.everything, {"purposes": ["danger"], "sources": ["refuge"]})
	answer := decided([put("/purpose", "danger"), put("/subject/permissions", [named])])
	answer.permits.refuge.permissions == {"g1"}
	answer.permits.surgery.permissions == set()
}

test_no_reason_names_a_hidden_source if {
	answer := decided([put("/subject/permissions", []), put("/subject/pointers", [])])
	{reason.source | some reason in answer.reasons} == {"charity", "surgery"}
}

test_a_restricted_person_has_no_location_anywhere if {
	some label in ["R", "V", "unknown"]
	answer := decided([put("/subject/label", label)])
	fields(answer, "surgery").person == {"name", "phone"}
	answer.location_fields == {"person": {"address"}}
	answer.reasons == {{"gate": "label", "code": "location-withheld"}}
}

test_a_redacted_person_yields_nothing if {
	answer := decided([put("/subject/label", "REDACTED")])
	answer.permits == {}
	answer.reasons == {{"gate": "label", "code": "withheld"}}
}

test_a_label_that_nobody_knows_yields_nothing if {
	decided([put("/subject/label", "Z")]).permits == {}
}

test_labelled_fragments_need_purpose_and_role if {
	decided([]).permitted_labels == {"R"}
	decided([put("/asker/role", "volunteer")]).permitted_labels == set()
}

test_a_source_without_an_article_6_basis_does_not_share if {
	answer := under([{"op": "remove", "path": "/parties/county/home/home-1/article_6/surgery"}])
	object.keys(answer.permits) == {"charity"}
}

test_a_recipient_without_an_article_6_basis_gets_nothing if {
	under([{"op": "remove", "path": "/parties/county/home/home-1/article_6/county"}]).permits == {}
}

test_special_category_data_need_an_article_9_condition if {
	answer := under([put("/parties/county/home/home-1/article_9", null)])
	fields(answer, "surgery") == {"person": {"name", "phone", "address"}}
}

test_a_confidential_source_needs_a_gate if {
	object.keys(under([put("/parties/county/home/home-1/confidentiality", null)]).permits) == {"charity"}
}

test_explicit_consent_cannot_stand_where_nobody_is_asked if {
	question := fixture.changed([put("/purpose", "danger")])
	gate := put("/parties/county/danger/danger-1/confidentiality/gate", "explicit-consent")
	answer := decide.decision with input as question with data.registers as fixture.agreed([gate])
	object.keys(answer.permits) == {"charity"}
}
