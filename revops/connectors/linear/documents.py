"""Everything that is ever said to Linear, in GraphQL. Each document is checked against Linear's own schema in tests.

Connections are asked for in small pages: Linear counts what could come back, not what does. Source:
https://linear.app/developers/rate-limiting (complexity).
"""

_COMMENT = """
fragment CommentNow on Comment {
  id
  body
  createdAt
  user { name displayName }
  externalUser { name }
  botActor { name userDisplayName }
}
"""

_TASK = """
fragment TaskNow on Issue {
  id
  identifier
  url
  archivedAt
  trashed
  state { type }
  team { id }
  attachments(first: 50) { nodes { url } }
  comments(first: 50) {
    nodes { ...CommentNow }
    pageInfo { hasNextPage endCursor }
  }
}
"""

WORKSPACE = """
query Workspace {
  organization { id }
}
"""

# A list instead of `issue(id:)`: an id that is not there is an empty list and no error, and what was archived is found.
FIND_TASK = (
    """
query FindTask($id: ID!) {
  issues(filter: { id: { eq: $id } }, includeArchived: true, first: 1) {
    nodes { ...TaskNow }
  }
}
"""
    + _TASK
    + _COMMENT
)

MORE_COMMENTS = (
    """
query MoreComments($id: String!, $after: String!) {
  issue(id: $id) {
    comments(first: 100, after: $after) {
      nodes { ...CommentNow }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
    + _COMMENT
)

FIND_TEAM = """
query FindTeam($filter: TeamFilter!) {
  teams(filter: $filter, first: 50) {
    nodes { id key name retiredAt }
  }
}
"""

FIND_PERSON = """
query FindPerson($filter: UserFilter!) {
  users(filter: $filter, first: 50) {
    nodes { id name displayName email active isAssignable }
  }
}
"""

FIND_LABELS = """
query FindLabels($filter: IssueLabelFilter!) {
  issueLabels(filter: $filter, first: 100) {
    nodes { id name isGroup team { id } parent { id } }
  }
}
"""

COMPLETED_STATES = """
query CompletedStates($team: ID!) {
  workflowStates(filter: { team: { id: { eq: $team } }, type: { eq: "completed" } }, first: 50) {
    nodes { id position }
  }
}
"""

CREATE_LABEL = """
mutation CreateLabel($input: IssueLabelCreateInput!) {
  issueLabelCreate(input: $input) {
    success
    issueLabel { id }
  }
}
"""

OPEN_TASK = (
    """
mutation OpenTask($input: IssueCreateInput!) {
  issueCreate(input: $input) {
    success
    issue { ...TaskNow }
  }
}
"""
    + _TASK
    + _COMMENT
)

ATTACH_LINK = """
mutation AttachLink($input: AttachmentCreateInput!) {
  attachmentCreate(input: $input) {
    success
  }
}
"""

SAY = """
mutation Say($input: CommentCreateInput!) {
  commentCreate(input: $input) {
    success
  }
}
"""

CLOSE_TASK = (
    """
mutation CloseTask($id: String!, $state: String!) {
  issueUpdate(id: $id, input: { stateId: $state }) {
    success
    issue { ...TaskNow }
  }
}
"""
    + _TASK
    + _COMMENT
)
