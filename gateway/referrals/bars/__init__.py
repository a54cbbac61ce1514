"""Referrals as messages of the NHS Booking and Referral Standard (BaRS, FHIR R4), in and out. Pure.

https://digital.nhs.uk/developer/api-catalogue/booking-and-referral-fhir; message Bundles by
http://hl7.org/fhir/R4/messaging.html. What stands where: docs/referrals-by-fhir.md.
"""
