"""The pages by their files, as links name them."""

OVERVIEW = "views/overview.py"
APPROVALS = "views/approvals.py"
FINDINGS = "views/findings.py"
FINDING = "views/finding.py"
LEAK = "views/leak.py"
DECISIONS = "views/decisions.py"
QUALITY = "views/quality.py"

# Names in the address: of one finding's or leak's page, of a page of the list, of whose figures they are.
FINDING_ID = "id"
LEAK_ID = "id"
PAGE = "page"
TENANT_ID = "tenant"
