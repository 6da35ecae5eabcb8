"""What Linear takes: filters, and what is to be made or changed. See schema.py."""

INPUTS = """
input IDComparator {
  eq: ID
  in: [ID!]
  neq: ID
  nin: [ID!]
}

input IssueIDComparator {
  eq: ID
  in: [ID!]
  neq: ID
  nin: [ID!]
}

input StringComparator {
  eq: String
  eqIgnoreCase: String
  in: [String!]
  neq: String
  nin: [String!]
}

input TeamFilter {
  and: [TeamFilter!]
  or: [TeamFilter!]
  id: IDComparator
  key: StringComparator
  name: StringComparator
}

input NullableTeamFilter {
  and: [NullableTeamFilter!]
  or: [NullableTeamFilter!]
  id: IDComparator
  key: StringComparator
  name: StringComparator
  null: Boolean
}

input UserFilter {
  and: [UserFilter!]
  or: [UserFilter!]
  id: IDComparator
  name: StringComparator
  displayName: StringComparator
  email: StringComparator
}

input IssueLabelFilter {
  and: [IssueLabelFilter!]
  or: [IssueLabelFilter!]
  id: IDComparator
  name: StringComparator
  team: NullableTeamFilter
}

input WorkflowStateFilter {
  and: [WorkflowStateFilter!]
  or: [WorkflowStateFilter!]
  id: IDComparator
  name: StringComparator
  type: StringComparator
  team: TeamFilter
}

input IssueFilter {
  and: [IssueFilter!]
  or: [IssueFilter!]
  id: IssueIDComparator
  title: StringComparator
  team: TeamFilter
}

input IssueCreateInput {
  id: String
  teamId: String!
  title: String
  description: String
  priority: Int
  assigneeId: String
  labelIds: [String!]
  stateId: String
}

input IssueUpdateInput {
  title: String
  description: String
  priority: Int
  assigneeId: String
  labelIds: [String!]
  stateId: String
}

input CommentCreateInput {
  id: String
  issueId: String
  body: String
}

input AttachmentCreateInput {
  id: String
  issueId: String!
  title: String!
  url: String!
}

input IssueLabelCreateInput {
  id: String
  name: String!
  teamId: String
}
"""
