"""Exports of the log: whole, as entries that each prove themselves, as a table, as FHIR, and as signed evidence packs.

Everything is streamed: an export of any length needs the memory of some thousand rows. `lines` and `checking` are what a
stranger needs to judge an export again: files and public keys, no database.
"""
