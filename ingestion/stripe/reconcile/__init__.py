"""Reconciling: what we hold of an account, compared with what Stripe holds, object by object, and mended.

Events bring changes, and events can be missed: an endpoint that was off for longer than Stripe retries, a type that has
no event (invoice payments, balance transactions), a refused delivery. What drifted is found by asking: for lists of
what was created lately, for single objects that events named, or for every object. The payload hash of what
Stripe shows is compared with that of our newest version; what differs lands as a version of source `api`.

Stripe is read without the writer's lock, which is held only to look up what to ask for, to compare and to land, so that
events go on becoming leaks meanwhile. An object that changed while Stripe was read has not drifted.
"""
