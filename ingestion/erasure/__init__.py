"""Erasing a person: what identifies a customer goes from all we hold, and what arrives later is stripped of it.

What stays are ids, amounts and times, so that figures, leaks and logs of decisions stay true. One function
(`washing.wash`, by the field names in fields.yml) makes of a Stripe object what is left of it, and it is the same
function that rewrites what had landed and that strips what lands from then on: so the hash of a version is the same on
both ways, and reading the same object again lands nothing.

E-mail addresses become pseudonyms, because the product's logs find their customer by them. To know an erased address
when it comes again we keep its digest, with a salt of the tenant's own, and not the address.
"""
