"""The sandbox: made-up people of Norwich and Norfolk, and the agencies that keep records about them.

people.py makes the people; nhs_fhir.py and council_housing.py serve them over the protocols that such agencies speak;
charity_drop.py writes a charity's file; locator.py says what each of them would register. Every agency is a process of
its own (`python -m adapters.sandbox`). Nothing here is about a real person, and nothing here runs in production.
"""
