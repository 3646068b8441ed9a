"""The signature policy: what a person accepts before the first signature (21 CFR 11.10(j))."""

from __future__ import annotations

STANDARD_POLICY = """\
1. My electronic signature is the legally binding equivalent of my handwritten signature \
(21 CFR 11.100(c)). I am accountable for what I do and sign under it.
2. My account and my password are mine alone. I tell the password to nobody, an administrator \
included, and let nobody work under my account.
3. I sign only what I have read and know to be true, and state the reason truthfully.
4. Whoever else might know my password, I change it at once and tell the quality unit. I report \
any attempt to use an account of somebody else.
5. A false record or a false signature has consequences under our procedures, as on paper.
"""
"""Version 1, which comes with the database until quality issues the site's own."""
