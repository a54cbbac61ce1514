# The small world in which the rules are tested: one county, one surgery, one charity, one secret refuge.
package oncetold.fixture

shared := {
	"person": {"name": true, "phone": true, "address": true},
	"health": {"illness": true},
}

recorded := {"person": {"name": true}, "risk": {"convictions": true}}

bases := {
	"county": {"point": "6(1)(e)", "law": "Care Act 2014 s.2"},
	"surgery": {"point": "6(1)(e)", "law": "NHS Act 2006 s.84"},
	"charity": {"point": "6(1)(f)", "law": "LIA 1"},
	"refuge": {"point": "6(1)(f)", "law": "LIA 2"},
	"benefits": {"point": "6(1)(e)", "law": "Welfare Reform Act 2012"},
}

home := {
	"version": 2,
	"status": "active",
	"valid_from": "2026-05-01",
	"valid_until": "2028-04-30",
	"renewed_by": null,
	"rule": "permission",
	"rules": {},
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
	"article_10": null,
	"confidentiality": {"gate": "explicit-consent", "law": "the person's permission"},
	"sources": {
		"surgery": shared,
		"charity": {"person": {"phone": true}},
		"refuge": {"person": {"phone": true}},
	},
	"roles": {
		"worker": {"sees": shared, "labels": {"R": true, "PSY": true}, "checks": {}},
		"volunteer": {"sees": {"person": {"name": true}}, "labels": {"PSY": true}, "checks": {}},
		"clerk": {"sees": {}, "labels": {"R": true}, "checks": {"reachable": true}},
	},
}

plain := {"sections": shared, "labels": {}, "specified_only": false, "notify": false, "watermark": false}

statute := {"gate": "statute", "law": "Care Act 2014 s.45"}

registers := {
	"revision": "r1",
	"purposes": {
		"home": exchanged(plain, {"labels": {"R": true, "SDV": true}}),
		"duty": plain,
		"danger": exchanged(plain, {
			"hold_back": {"reasons": {"told-endangers": true, "tips-off": true}, "look_again_days": 14},
			"notify": true,
			"review_hours": 72,
			"watermark": true,
		}),
		"emergency": exchanged(plain, {
			"emergency": {"reasons": {"life": true, "child": true}, "minutes": 15},
			"hold_back": {"reasons": {"told-endangers": true}, "look_again_days": 7},
			"notify": true,
			"review_hours": 24,
		}),
		"benefit": plain,
		"refer": exchanged(plain, {"specified_only": true}),
		"food": plain,
		"old": plain,
		"ending": plain,
		"risk": exchanged(plain, {"sections": recorded}),
		"visits": exchanged(plain, {"sections": {"person": {"name": true}}}),
		"unused": plain,
	},
	"sections": {"person": true, "health": true, "money": true, "risk": true},
	"roles": {"worker": true, "volunteer": true, "clerk": true, "driver": true},
	"checks": {
		"reachable": {"section": "person", "field": "phone"},
		"healthy": {"section": "health", "field": "illness"},
	},
	"locations": {"person": {"address": true}},
	"sensitive": {"health": {"illness": true}},
	"offences": {"risk": {"convictions": true}},
	"specified": {"surgery": true, "county": true},
	"only_for": {"benefits": {"benefit": true}},
	"hidden": {"refuge": true},
	"confidential": {"surgery": true, "refuge": true},
	"parties": {
		"benefits": {"benefit": {"benefit-1": home}, "home": {"home-9": home}},
		"county": {
			"home": {"home-1": home},
			"duty": {"duty-1": exchanged(home, {
				"rule": "no-objection",
				"confidentiality": {"gate": "implied-consent", "law": "told on the first day"},
			})},
			"danger": {"danger-1": exchanged(home, {"rule": "none", "confidentiality": statute})},
			"emergency": {"emergency-1": exchanged(home, {"rule": "none", "confidentiality": statute})},
			"benefit": {"benefit-2": exchanged(home, {"sources": {"benefits": shared}})},
			"refer": {"refer-1": home},
			"food": {"food-1": exchanged(home, {"status": "suspended"})},
			"old": {
				"old-1": exchanged(home, {"valid_until": "2026-04-30", "renewed_by": "old-2"}),
				"old-3": exchanged(home, {"valid_until": null}),
			},
			"ending": {"ending-1": exchanged(home, {"status": "winding-down"})},
			"risk": {"risk-1": exchanged(home, {
				"article_10": {"condition": "DPA 2018 s.10(5)", "law": "Sch 1 para 18"},
				"sources": {"surgery": recorded},
				"roles": {"worker": {"sees": recorded, "labels": {}, "checks": {}}},
			})},
			"visits": {"visits-1": home},
		},
	},
}

everything := {
	"id": "g1",
	"kind": "confidentiality_consent",
	"purposes": ["home"],
	"sections": {"person": ["name", "phone", "address"], "health": ["illness"], "risk": ["convictions"]},
	"sources": ["*"],
	"recipients": ["county"],
	"precedes": [],
}

question := {
	"asker": {"organisation": "county", "client": "app", "role": "worker", "scopes": ["break-glass", "checks", "views"], "strong": false},
	"purpose": "home",
	"sections": null,
	"agreements": [
		"benefit-1",
		"benefit-2",
		"danger-1",
		"duty-1",
		"emergency-1",
		"ending-1",
		"home-1",
		"refer-1",
		"risk-1",
		"visits-1",
	],
	"suspended": [],
	"check": null,
	"emergency": null,
	"hold_back": null,
	"subject": {
		"label": "U",
		"pointers": ["benefits", "charity", "refuge", "surgery"],
		"permissions": [everything],
	},
}

# METADATA
# title: The question with some of its parts exchanged, by JSON Patch
changed(patches) := json.patch(question, patches)

# METADATA
# title: The registers with some of their parts exchanged, by JSON Patch
agreed(patches) := json.patch(registers, patches)

# METADATA
# title: A value with some of its parts exchanged whole
exchanged(value, parts) := object.union(object.remove(value, object.keys(parts)), parts)
