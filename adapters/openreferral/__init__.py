"""The service directory: Open Referral (HSDS 3) and Open Referral UK data, read into values.

https://docs.openreferral.org/en/v3.0.1/hsds/ and https://docs.openreferraluk.org/. Nothing here is about a person: who may
be helped by whom, where and how to reach them, as the services publish it. The reference page is docs/directory.md.
"""
