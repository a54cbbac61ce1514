# METADATA
# title: Agreement
# description: The data-sharing agreements that let the asking organisation ask for this purpose (ICO data sharing code).
# scope: package
package oncetold.agreement

# METADATA
# title: Agreements that name this recipient and purpose
# description: By id, whether in force or not; drafts are not among them.
# scope: document
default known := {}

known := data.registers.parties[input.asker.organisation][input.purpose]

# METADATA
# title: Those of them that hold now
# description: Active, and among those whose time the asker of the question says has come and not gone.
# scope: document
in_force[id] := agreement if {
	some id in input.agreements
	agreement := known[id]
	agreement.status == "active"
}

# METADATA
# title: Those of them that are suspended
# scope: document
suspended[id] := agreement if {
	some id, agreement in known
	agreement.status == "suspended"
}
