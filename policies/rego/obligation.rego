# METADATA
# title: Obligation
# description: What whoever acts on the decision has to do besides. Each follows from the purpose's own entry in the register.
# scope: package
# schemas:
# - input: schema["input.schema"]
package oncetold.obligation

import data.oncetold.purpose

# METADATA
# title: Obligations
# description: Those of a question that is not refused. `sources` are those that would share something.
# scope: document
due(sources) := (((notify | hold_back) | review(sources)) | watermark) | expires

# METADATA
# title: The person is told at once, or else not yet
# scope: document
notify contains {"code": "notify"} if {
	purpose.entry.notify
	input.hold_back == null
}

# METADATA
# title: The person is not told yet
# description: For a coded reason, until somebody looks at the danger again; another has to countersign.
# scope: document
hold_back contains {
	"code": "hold-back",
	"reason": input.hold_back,
	"look_again_days": purpose.entry.hold_back.look_again_days,
} if {
	input.hold_back != null
}

# METADATA
# title: Officers of both sides look at it afterwards
# scope: document
review(sources) := {{"code": "review", "hours": purpose.entry.review_hours, "by": (sources | {input.asker.organisation})}} if {
	purpose.entry.review_hours
} else := set()

# METADATA
# title: The view says for whom, when and why it was made
# scope: document
watermark contains {"code": "watermark"} if purpose.entry.watermark

# METADATA
# title: The view may be used for a short time only
# scope: document
expires contains {"code": "expires", "minutes": purpose.entry.emergency.minutes} if purpose.entry.emergency
