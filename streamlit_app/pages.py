"""The pages by their files, as links name them."""

OVERVIEW = "views/overview.py"
FINDINGS = "views/findings.py"
FINDING = "views/finding.py"
QUALITY = "views/quality.py"

# Names in the address: of one finding's page, of a page of the list, of whose figures they are.
FINDING_ID = "id"
PAGE = "page"
TENANT_ID = "tenant"
