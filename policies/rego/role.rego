# METADATA
# title: Role
# description: What the practitioner's role may see of what an agreement shares. Nobody signed in is no role.
# scope: package
package oncetold.role

import data.oncetold.agreement

# METADATA
# title: Agreements in force that let the role ask
# scope: document
open[id] := terms if {
	some id, terms in agreement.in_force
	terms.roles[input.asker.role]
}

# METADATA
# title: Whether the role sees a field under an agreement
# scope: document
sees(terms, section, field) if terms.roles[input.asker.role].sees[section][field]
