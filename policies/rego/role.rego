# METADATA
# title: Role
# description: What the practitioner's role may see, or only ask, of what an agreement shares. Nobody signed in is no role.
# scope: package
# schemas:
# - input: schema["input.schema"]
# - data.registers: schema["data.schema"]
package oncetold.role

import data.oncetold.agreement

# METADATA
# title: What each agreement in force gives the role
# scope: document
terms[id] := role if {
	some id, agreed in agreement.in_force
	role := agreed.roles[input.asker.role]
}

# METADATA
# title: Agreements in force that let the role ask
# description: For a view, a role that sees something; for a check, one that may ask it.
# scope: document
open[id] := agreement.in_force[id] if {
	input.check == null
	some id, role in terms
	count(role.sees) > 0
}

open[id] := agreement.in_force[id] if {
	some id, role in terms
	role.checks[input.check]
}

# METADATA
# title: Whether the role sees a field under an agreement
# description: A check lets one field be read, which never leaves the gateway.
# scope: document
sees(agreed, section, field) if {
	input.check == null
	agreed.roles[input.asker.role].sees[section][field]
}

sees(_, section, field) if data.registers.checks[input.check] == {"section": section, "field": field}
