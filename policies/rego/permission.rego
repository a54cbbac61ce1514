# METADATA
# title: Permission
# description: >-
#   What the agreement's permission rule yields for this person: `permission` needs a grant, `no-objection` heeds objections,
#   `none` asks nothing of the person. A hidden source always needs a grant that names it. A grant reaches what it names and
#   nothing more: who takes over a contract inherits nothing, and a new field needs a new yes.
# scope: package
# schemas:
# - input: schema["input.schema"]
# - data.registers: schema["data.schema"]
package oncetold.permission

import data.oncetold.law

# METADATA
# title: Kinds that allow
# description: Consent to processing (gdpr_consent) is no permission to break confidence, so it is not among them.
# scope: document
allowing_kinds := {"confidentiality_consent", "referral_agreement"}

# METADATA
# title: Kinds that take away
# scope: document
refusing_kinds := {"objection", "dissent"}

# METADATA
# title: Grants for this purpose and recipient
# scope: document
grants := [permission |
	some permission in input.subject.permissions
	permission.kind in allowing_kinds
	input.purpose in permission.purposes
	input.asker.organisation in permission.recipients
]

# METADATA
# title: Objections and dissents for this purpose and recipient
# scope: document
refusals := [permission |
	some permission in input.subject.permissions
	permission.kind in refusing_kinds
	covers(permission.purposes, input.purpose)
	covers(permission.recipients, input.asker.organisation)
]

# METADATA
# title: Whether a field of a source may be shown to this person's wishes
# scope: document
yields(id, terms, source, section, field) if {
	asked_of(id, terms, source, section, field)
	not stopped(terms, source, section, field)
}

# METADATA
# title: Whether what must be asked of the person was given
# scope: document
asked_of(_, terms, source, section, _) if not needs_grant(terms, source, section)

asked_of(id, terms, source, section, field) if {
	some grant in grants
	counts(grant, id, terms)
	reaches(grant, source, section, field)
}

# METADATA
# title: Whether a grant is needed
# scope: document
needs_grant(terms, _, section) if not law.rule(terms, section) in {"no-objection", "none"}

needs_grant(_, source, _) if data.registers.hidden[source]

# METADATA
# title: Whether a grant counts under an agreement
# description: Under one that is being wound down only what was given before counts, since it is for nobody new.
# scope: document
counts(_, _, terms) if terms.status != "winding-down"

counts(grant, id, _) if id in grant.precedes

# METADATA
# title: Whether the person said no to it, where that counts
# scope: document
stopped(terms, source, section, field) if {
	law.rule(terms, section) != "none"
	some refusal in refusals
	covers(refusal.sources, source)
	mentions(refusal, section, field)
}

# METADATA
# title: Whether a grant reaches a field of a source
# scope: document
reaches(grant, source, section, field) if {
	names(grant, source)
	field in grant.sections[section]
}

# METADATA
# title: Whether a grant names a source
# description: Any source, by `*`, is not a hidden one.
# scope: document
names(grant, source) if source in grant.sources

names(grant, source) if {
	"*" in grant.sources
	not data.registers.hidden[source]
}

# METADATA
# title: Whether a refusal mentions a field
# scope: document
mentions(refusal, section, field) if covers(refusal.sections[section], field)

mentions(refusal, _, field) if covers(refusal.sections["*"], field)

# METADATA
# title: Whether a list names something, or anything
# scope: document
covers(list, name) if name in list

covers(list, _) if "*" in list
