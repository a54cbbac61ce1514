# METADATA
# title: Label
# description: >-
#   The person's confidentiality label (Personal Demographics Service, meta.security). Anything but U hides where the person is,
#   from every source; an unknown label denies what V denies; a redacted record yields nothing.
# scope: package
# schemas:
# - input: schema["input.schema"]
# - data.registers: schema["data.schema"]
package oncetold.label

import data.oncetold.role

# METADATA
# title: Whether anything may be shown of the person
# description: Only under a label that we know how to heed.
# scope: document
opens if input.subject.label in {"U", "R", "V", "unknown"}

# METADATA
# title: Whether the label lets a field be shown
# scope: document
shows(_, _) if input.subject.label == "U"

shows(section, field) if not data.registers.locations[section][field]

# METADATA
# title: Codes of labelled fragments that may be shown
# description: Those that the purpose allows and every agreement in force that lets the role ask gives to it.
# scope: document
fragments contains code if {
	some code, _ in data.registers.purposes[input.purpose].labels
	count(role.open) > 0
	every terms in role.open {
		terms.roles[input.asker.role].labels[code]
	}
}
