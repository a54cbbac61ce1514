# METADATA
# title: Agreement
# description: The data-sharing agreements that let the asking organisation ask for this purpose (ICO data sharing code).
# scope: package
# schemas:
# - input: schema["input.schema"]
# - data.registers: schema["data.schema"]
package oncetold.agreement

# METADATA
# title: Agreements that name this recipient and purpose
# description: By id, whether in force or not; drafts are not among them.
# scope: document
default known := {}

known := data.registers.parties[input.asker.organisation][input.purpose]

# METADATA
# title: Those of them that hold now
# description: >-
#   Active or being wound down, among those whose time the asker of the question says has come and not gone, and suspended by
#   nobody meanwhile.
# scope: document
in_force[id] := agreement if {
	some id in input.agreements
	agreement := known[id]
	agreement.status in {"active", "winding-down"}
	not id in input.suspended
}

# METADATA
# title: Those of them that are suspended
# description: In the register, or by a party at run time.
# scope: document
suspended[id] := agreement if {
	some id, agreement in known
	agreement.status == "suspended"
}

suspended[id] := agreement if {
	some id in input.suspended
	agreement := known[id]
}
