"""Referrals: handing a person over from one organisation to another, with what is said about them held until collected.

The reference page is docs/referrals.md.
"""
