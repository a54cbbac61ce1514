# METADATA
# title: Law
# description: >-
#   The legal gates of an agreement: Article 6 of both ends, the duty of confidentiality, Article 9 for special category
#   data. Each stands on its own; none makes up for another.
# scope: package
package oncetold.law

# METADATA
# title: Confidentiality gates that hold under each permission rule
# description: Explicit consent holds only where the person's permission is needed.
# scope: document
gates := {
	"permission": {"explicit-consent", "implied-consent", "statute", "public-interest"},
	"no-objection": {"implied-consent", "statute", "public-interest"},
	"none": {"statute", "public-interest"},
}

# METADATA
# title: Whether a source may share with the recipient under an agreement
# scope: document
joins(terms, source) if {
	terms.article_6[source]
	terms.article_6[input.asker.organisation]
	confidence_kept(terms, source)
}

# METADATA
# title: Whether the duty of confidentiality lets the source share
# description: A source without that duty may share; another one only through a gate that the permission rule can pass.
# scope: document
confidence_kept(_, source) if not data.registers.confidential[source]

confidence_kept(terms, _) if terms.confidentiality.gate in gates[terms.rule]

# METADATA
# title: Whether a field has its basis
# description: Special category data need an Article 9 condition.
# scope: document
has_basis(_, section, field) if not data.registers.sensitive[section][field]

has_basis(terms, _, _) if terms.article_9.condition
