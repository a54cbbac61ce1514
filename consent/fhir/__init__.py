"""FHIR R4 Consent (http://hl7.org/fhir/R4/consent.html, IHE ITI Privacy Consent on FHIR) and permissions of the ledger.

`reading` says what a resource decides, `within` limits that to what an agreement lets somebody allow, `writing` is the way
back. All of it is pure. What cannot be said in the ledger's words is refused with the element's name (`errors`), never left
out: nothing may permit more than the resource's text says.
"""
