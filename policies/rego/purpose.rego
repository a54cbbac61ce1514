# METADATA
# title: Purpose
# description: Why a view may be asked, and the most that any agreement may share for it.
# scope: package
# schemas:
# - input: schema["input.schema"]
# - data.registers: schema["data.schema"]
package oncetold.purpose

# METADATA
# title: What the register says of the purpose
# description: Undefined for a purpose that is not in the register.
# scope: document
entry := data.registers.purposes[input.purpose]

# METADATA
# title: Whether the purpose may ever show a field
# scope: document
allows(section, field) if entry.sections[section][field]

# METADATA
# title: Whether a section was asked for
# description: A question that names no sections asks for all that the purpose allows.
# scope: document
asks(_) if input.sections == null

asks(section) if section in input.sections
