"""The part of Linear's schema that the stand-in serves, in Linear's own types.

Every type, field and argument here is one of Linear's, which a test checks; what is not here is refused as Linear
refuses what it does not know. Source: https://github.com/linear/linear, packages/sdk/src/schema.graphql.
"""

from graphql import GraphQLSchema, build_schema

from .schema_inputs import INPUTS

SDL = """
scalar DateTime

enum PaginationOrderBy {
  createdAt
  updatedAt
}

interface Node {
  id: ID!
}

type PageInfo {
  endCursor: String
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
}

type Organization implements Node {
  id: ID!
  name: String!
  urlKey: String!
}

type User implements Node {
  id: ID!
  name: String!
  displayName: String!
  email: String!
  active: Boolean!
  isAssignable: Boolean!
  isMe: Boolean!
}

type UserConnection {
  nodes: [User!]!
  pageInfo: PageInfo!
}

type ExternalUser implements Node {
  id: ID!
  name: String!
  displayName: String!
}

type ActorBot {
  id: ID
  name: String
  type: String!
  userDisplayName: String
}

type Team implements Node {
  id: ID!
  key: String!
  name: String!
  archivedAt: DateTime
  retiredAt: DateTime
}

type TeamConnection {
  nodes: [Team!]!
  pageInfo: PageInfo!
}

type WorkflowState implements Node {
  id: ID!
  name: String!
  type: String!
  position: Float!
  team: Team!
}

type WorkflowStateConnection {
  nodes: [WorkflowState!]!
  pageInfo: PageInfo!
}

type IssueLabel implements Node {
  id: ID!
  name: String!
  isGroup: Boolean!
  parent: IssueLabel
  team: Team
}

type IssueLabelConnection {
  nodes: [IssueLabel!]!
  pageInfo: PageInfo!
}

type Comment implements Node {
  id: ID!
  body: String!
  createdAt: DateTime!
  user: User
  externalUser: ExternalUser
  botActor: ActorBot
  issue: Issue
}

type CommentConnection {
  nodes: [Comment!]!
  pageInfo: PageInfo!
}

type Attachment implements Node {
  id: ID!
  title: String!
  url: String!
  createdAt: DateTime!
  issue: Issue!
}

type AttachmentConnection {
  nodes: [Attachment!]!
  pageInfo: PageInfo!
}

type Issue implements Node {
  id: ID!
  identifier: String!
  number: Float!
  url: String!
  title: String!
  description: String
  priority: Float!
  createdAt: DateTime!
  updatedAt: DateTime!
  archivedAt: DateTime
  trashed: Boolean
  state: WorkflowState!
  team: Team!
  assignee: User
  attachments(
    after: String, before: String, first: Int, includeArchived: Boolean, last: Int, orderBy: PaginationOrderBy
  ): AttachmentConnection!
  comments(
    after: String, before: String, first: Int, includeArchived: Boolean, last: Int, orderBy: PaginationOrderBy
  ): CommentConnection!
  labels(
    after: String, before: String, first: Int, includeArchived: Boolean, last: Int, orderBy: PaginationOrderBy
  ): IssueLabelConnection!
}

type IssueConnection {
  nodes: [Issue!]!
  pageInfo: PageInfo!
}

type IssuePayload {
  issue: Issue
  lastSyncId: Float!
  success: Boolean!
}

type CommentPayload {
  comment: Comment!
  lastSyncId: Float!
  success: Boolean!
}

type AttachmentPayload {
  attachment: Attachment!
  lastSyncId: Float!
  success: Boolean!
}

type IssueLabelPayload {
  issueLabel: IssueLabel!
  lastSyncId: Float!
  success: Boolean!
}

type Query {
  organization: Organization!
  viewer: User!
  issue(id: String!): Issue!
  issues(
    after: String, before: String, filter: IssueFilter, first: Int, includeArchived: Boolean, last: Int,
    orderBy: PaginationOrderBy
  ): IssueConnection!
  issueLabels(
    after: String, before: String, filter: IssueLabelFilter, first: Int, includeArchived: Boolean, last: Int,
    orderBy: PaginationOrderBy
  ): IssueLabelConnection!
  teams(
    after: String, before: String, filter: TeamFilter, first: Int, includeArchived: Boolean, last: Int,
    orderBy: PaginationOrderBy
  ): TeamConnection!
  users(
    after: String, before: String, filter: UserFilter, first: Int, includeArchived: Boolean, last: Int,
    orderBy: PaginationOrderBy
  ): UserConnection!
  workflowStates(
    after: String, before: String, filter: WorkflowStateFilter, first: Int, includeArchived: Boolean, last: Int,
    orderBy: PaginationOrderBy
  ): WorkflowStateConnection!
}

type Mutation {
  issueCreate(input: IssueCreateInput!): IssuePayload!
  issueUpdate(id: String!, input: IssueUpdateInput!): IssuePayload!
  issueLabelCreate(input: IssueLabelCreateInput!): IssueLabelPayload!
  commentCreate(input: CommentCreateInput!): CommentPayload!
  attachmentCreate(input: AttachmentCreateInput!): AttachmentPayload!
}
"""


def build() -> GraphQLSchema:
    """The schema, without anything behind it."""
    return build_schema(SDL + INPUTS)
