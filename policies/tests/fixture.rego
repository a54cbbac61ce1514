# The small world in which the rules are tested: one county, one surgery, one charity, one secret refuge.
package oncetold.fixture

shared := {
	"person": {"name": true, "phone": true, "address": true},
	"health": {"illness": true},
}

bases := {
	"county": {"point": "6(1)(e)", "law": "Care Act 2014 s.2"},
	"surgery": {"point": "6(1)(e)", "law": "NHS Act 2006 s.84"},
	"charity": {"point": "6(1)(f)", "law": "LIA 1"},
	"refuge": {"point": "6(1)(f)", "law": "LIA 2"},
}

home := {
	"version": 2,
	"status": "active",
	"valid_from": "2026-05-01",
	"valid_until": "2028-04-30",
	"renewed_by": null,
	"rule": "permission",
	"clauses": {
		"purpose": "1",
		"sections": "2",
		"roles": "3",
		"permission": "4",
		"ending": "5",
		"suspension": "6",
	},
	"article_6": bases,
	"article_9": {"condition": "9(2)(h)", "law": "DPA 2018 Sch 1 para 2"},
	"confidentiality": {"gate": "explicit-consent", "law": "the person's permission"},
	"sources": {
		"surgery": shared,
		"charity": {"person": {"phone": true}},
		"refuge": {"person": {"phone": true}},
	},
	"roles": {
		"worker": {"sees": shared, "labels": {"R": true, "PSY": true}},
		"volunteer": {"sees": {"person": {"name": true}}, "labels": {"PSY": true}},
	},
}

registers := {
	"purposes": {
		"home": {"sections": shared, "labels": {"R": true, "SDV": true}},
		"duty": {"sections": shared, "labels": {}},
		"danger": {"sections": shared, "labels": {}},
		"food": {"sections": shared, "labels": {}},
		"old": {"sections": shared, "labels": {}},
		"visits": {"sections": {"person": {"name": true}}, "labels": {}},
		"unused": {"sections": shared, "labels": {}},
	},
	"sections": {"person": true, "health": true, "money": true},
	"roles": {"worker": true, "volunteer": true, "clerk": true},
	"locations": {"person": {"address": true}},
	"sensitive": {"health": {"illness": true}},
	"hidden": {"refuge": true},
	"confidential": {"surgery": true, "refuge": true},
	"parties": {"county": {
		"home": {"home-1": home},
		"duty": {"duty-1": object.union(home, {
			"rule": "no-objection",
			"confidentiality": {"gate": "implied-consent", "law": "told on the first day"},
		})},
		"danger": {"danger-1": object.union(home, {
			"rule": "none",
			"confidentiality": {"gate": "statute", "law": "Care Act 2014 s.45"},
		})},
		"food": {"food-1": object.union(home, {"status": "suspended"})},
		"old": {
			"old-1": object.union(home, {"valid_until": "2026-04-30", "renewed_by": "old-2"}),
			"old-3": object.union(home, {"valid_until": null}),
		},
		"visits": {"visits-1": home},
	}},
}

everything := {
	"id": "g1",
	"kind": "confidentiality_consent",
	"purposes": ["home"],
	"sections": {"person": ["*"], "health": ["illness"]},
	"sources": ["*"],
	"recipients": ["county"],
}

question := {
	"asker": {"organisation": "county", "client": "app", "role": "worker", "scopes": ["views"]},
	"purpose": "home",
	"sections": null,
	"agreements": ["danger-1", "duty-1", "home-1", "visits-1"],
	"subject": {
		"label": "U",
		"pointers": ["charity", "refuge", "surgery"],
		"permissions": [everything],
	},
}

# METADATA
# title: The question with some of its parts exchanged, by JSON Patch
changed(patches) := json.patch(question, patches)

# METADATA
# title: The registers with some of their parts exchanged, by JSON Patch
agreed(patches) := json.patch(registers, patches)
