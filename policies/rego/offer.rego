# METADATA
# title: Offer
# description: >-
#   What the purpose, the agreements, the law and the role leave, whoever the person is. All that may be told to a caller rests on
#   this alone.
# scope: package
# schemas:
# - data.registers: schema["data.schema"]
package oncetold.offer

import data.oncetold.law
import data.oncetold.purpose
import data.oncetold.role

# METADATA
# title: Source -> agreement and fields by section
# description: Two agreements at once for one source contradict each other; the decision is then undefined and nothing is shown.
# scope: document
sources[source] := {"agreement": id, "sections": sections} if {
	some id, terms in role.open
	some source, shared in terms.sources
	law.joins(terms, source)
	sections := {section: fields |
		some section, names in shared
		law.confidence_kept(terms, source, section)
		fields := {field |
			some field, _ in names
			purpose.allows(section, field)
			role.sees(terms, section, field)
			law.has_basis(terms, section, field)
		}
		count(fields) > 0
	}
}

# METADATA
# title: Sections that some source offers
# scope: document
sections contains section if {
	some source in sources
	some section, _ in source.sections
}

# METADATA
# title: Sources whose outage may be told
# description: Those that offer something that was asked; never a hidden one.
# scope: document
named contains source if {
	some source, offered in sources
	not data.registers.hidden[source]
	some section, _ in offered.sections
	purpose.asks(section)
}
