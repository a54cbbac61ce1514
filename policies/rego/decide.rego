# METADATA
# title: Decide
# description: The one entry point. All gates meet here, for all sources and sections at once.
# scope: package
# schemas:
# - input: schema["input.schema"]
# - data.registers: schema["data.schema"]
package oncetold.decide

import data.oncetold.agreement
import data.oncetold.label
import data.oncetold.obligation
import data.oncetold.offer
import data.oncetold.permission
import data.oncetold.purpose
import data.oncetold.refusal

# METADATA
# title: The decision
# description: A refusal that may be told, or what may be asked of which source. Reasons are for the audit log only.
# scope: document
# entrypoint: true
decision := {
	"revision": data.registers.revision,
	"refusal": refusal.first,
	"permits": permits,
	"named_sources": named,
	"permitted_labels": labels,
	"location_fields": locations,
	"reasons": reasons,
	"obligations": obligations,
}

# METADATA
# title: What may be asked of each source
# scope: document
permits[source] := {
	"sections": sections,
	"basis": basis(offered.agreement, source),
	"permissions": relied_on(source, sections),
} if {
	refusal.first == null
	label.opens
	some source, offered in offer.sources
	source in input.subject.pointers
	sections := permitted(source, offered)
	count(sections) > 0
}

# METADATA
# title: Fields by section that may be asked of a source for this person
# scope: document
permitted(source, offered) := {section: fields |
	terms := agreement.in_force[offered.agreement]
	some section, names in offered.sections
	purpose.asks(section)
	fields := {field |
		some field in names
		label.shows(section, field)
		permission.yields(offered.agreement, terms, source, section, field)
	}
	count(fields) > 0
}

# METADATA
# title: The basis of what a source shares
# description: Agreement and clause, Article 6 of both ends, Article 9, the confidentiality gate and the permission rule.
# scope: document
basis(id, source) := {
	"agreement": id,
	"version": terms.version,
	"clause": terms.clauses.sections,
	"permission_rule": terms.rule,
	"rules": terms.rules,
	"article_6": {
		"source": terms.article_6[source],
		"recipient": terms.article_6[input.asker.organisation],
	},
	"article_9": terms.article_9,
	"article_10": terms.article_10,
	"confidentiality": terms.confidentiality,
} if {
	terms := agreement.in_force[id]
}

# METADATA
# title: Grants that what a source shares rests on
# description: None where no grant was needed.
# scope: document
relied_on(source, sections) := {grant.id |
	id := offer.sources[source].agreement
	terms := agreement.in_force[id]
	some section, fields in sections
	permission.needs_grant(terms, source, section)
	some grant in permission.grants
	permission.counts(grant, id, terms)
	some field in fields
	permission.reaches(grant, source, section, field)
}

# METADATA
# title: Sources whose outage may be told
# scope: document
default named := set()

named := offer.named if refusal.first == null

# METADATA
# title: Codes of labelled fragments that may be shown
# scope: document
default labels := set()

labels := label.fragments if refusal.first == null

# METADATA
# title: Fields that tell where the person is
# description: Whatever was permitted; they are dropped when a stricter label arrives with an answer.
# scope: document
locations[section] := {field | some field, _ in fields} if some section, fields in data.registers.locations

# METADATA
# title: What whoever acts on the decision has to do besides
# scope: document
default obligations := set()

obligations := obligation.due(object.keys(permits)) if refusal.first == null

# METADATA
# title: Why less than the offer may be asked
# description: Depends on the person, so it never reaches the caller. A hidden source is not named even here.
# scope: document
reasons contains {"gate": "label", "code": code} if {
	refusal.first == null
	some code in label_reasons
}

reasons contains {"gate": "pointer", "code": "no-pointer", "source": source} if {
	some source in named
	not source in input.subject.pointers
}

reasons contains {"gate": "permission", "code": "not-permitted", "source": source, "clause": clause} if {
	label.opens
	some source in named
	source in input.subject.pointers
	not permits[source]
	clause := agreement.in_force[offer.sources[source].agreement].clauses.permission
}

reasons contains {"gate": "permission", "code": refused.kind, "permission": refused.id, "clause": clause} if {
	refusal.first == null
	some refused in permission.refusals
	clause := min({terms.clauses.permission | some terms in agreement.in_force})
}

# METADATA
# title: What the label takes away
# scope: document
label_reasons contains "withheld" if not label.opens

label_reasons contains "location-withheld" if {
	label.opens
	input.subject.label != "U"
}
