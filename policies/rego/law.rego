# METADATA
# title: Law
# description: >-
#   The legal gates of an agreement: Article 6 of both ends, the statutes' own lists, the duty of confidentiality, Article 9
#   for special category data, Article 10 for criminal-offence data. Each stands on its own; none makes up for another.
# scope: package
# schemas:
# - input: schema["input.schema"]
# - data.registers: schema["data.schema"]
package oncetold.law

import data.oncetold.purpose

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
# title: What is needed of the person for a section under an agreement
# scope: document
rule(terms, section) := object.get(terms.rules, section, terms.rule)

# METADATA
# title: Whether a source may share with the recipient under an agreement
# scope: document
joins(terms, source) if {
	has_article_6(terms, source)
	listed(source)
}

# METADATA
# title: Whether both ends have an Article 6 basis
# scope: document
has_article_6(terms, source) if {
	terms.article_6[source]
	terms.article_6[input.asker.organisation]
}

# METADATA
# title: Whether the statutes' own lists let the source take part in the purpose
# description: >-
#   Some data are closed but for listed purposes (DWP: SI 2012/1483 reg 5), and some duties are those of specified
#   authorities only (duty to refer: Housing Act 1996 s.213B).
# scope: document
listed(source) if {
	open_to_purpose(source)
	may_hold_duty(source)
}

# METADATA
# title: Whether an organisation takes part in the purpose
# scope: document
open_to_purpose(organisation) if not data.registers.only_for[organisation]

open_to_purpose(organisation) if data.registers.only_for[organisation][input.purpose]

# METADATA
# title: Whether the purpose's duty can be the source's
# scope: document
may_hold_duty(_) if not purpose.entry.specified_only

may_hold_duty(source) if data.registers.specified[source]

# METADATA
# title: Whether the duty of confidentiality lets the source share a section
# description: A source without that duty may share; another one only through a gate that the permission rule can pass.
# scope: document
confidence_kept(_, source, _) if not data.registers.confidential[source]

confidence_kept(terms, _, section) if terms.confidentiality.gate in gates[rule(terms, section)]

# METADATA
# title: Whether a field has its basis
# scope: document
has_basis(terms, section, field) if {
	has_article_9(terms, section, field)
	has_article_10(terms, section, field)
}

# METADATA
# title: Whether special category data have an Article 9 condition
# scope: document
has_article_9(_, section, field) if not data.registers.sensitive[section][field]

has_article_9(terms, _, _) if terms.article_9.condition

# METADATA
# title: Whether criminal-offence data have an Article 10 condition
# scope: document
has_article_10(_, section, field) if not data.registers.offences[section][field]

has_article_10(terms, _, _) if terms.article_10.condition
