# METADATA
# title: Permission
# description: >-
#   What the agreement's permission rule yields for this person: `permission` needs a grant, `no-objection` heeds objections,
#   `none` asks nothing of the person. A hidden source always needs a grant that names it.
# scope: package
package oncetold.permission

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
	covers(permission.purposes, input.purpose)
	covers(permission.recipients, input.asker.organisation)
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
yields(terms, source, section, field) if {
	asked_of(terms, source, section, field)
	not stopped(terms, source, section, field)
}

# METADATA
# title: Whether what must be asked of the person was given
# scope: document
asked_of(terms, source, _, _) if not needs_grant(terms, source)

asked_of(_, source, section, field) if {
	some grant in grants
	reaches(grant, source, section, field)
}

# METADATA
# title: Whether a grant is needed
# scope: document
needs_grant(terms, _) if not terms.rule in {"no-objection", "none"}

needs_grant(_, source) if data.registers.hidden[source]

# METADATA
# title: Whether the person said no to it, where that counts
# scope: document
stopped(terms, source, section, field) if {
	terms.rule != "none"
	some refusal in refusals
	covers(refusal.sources, source)
	mentions(refusal, section, field)
}

# METADATA
# title: Whether a grant reaches a field of a source
# scope: document
reaches(grant, source, section, field) if {
	names(grant, source)
	mentions(grant, section, field)
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
# title: Whether a permission or refusal mentions a field
# scope: document
mentions(permission, section, field) if covers(permission.sections[section], field)

mentions(permission, _, field) if covers(permission.sections["*"], field)

# METADATA
# title: Whether a list names something, or anything
# scope: document
covers(list, name) if name in list

covers(list, _) if "*" in list
