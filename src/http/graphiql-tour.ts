/** What GraphiQL's first tab holds. The operations go by the names that the play button lists. */
export const GRAPHIQL_TOUR = `# Welcome to Limen. A short tour in five steps:
# put the cursor into an operation and press Ctrl-Enter, or press the play
# button and choose the operation by its name.
#
# 1. Sign up. Any address will do: nothing is sent to it.

mutation SignUp {
  signup(input: { email: "ada@example.com", password: "correct horse battery staple" }) {
    __typename
    ...Session
    ...Problem
  }
}

# 2. Log in, now or another day.

mutation LogIn {
  login(input: { email: "ada@example.com", password: "correct horse battery staple" }) {
    __typename
    ...Session
    ...Problem
  }
}

# 3. Say who you are. Copy the accessToken from the answer, open "Headers"
#    at the bottom, and write there:
#
#      { "Authorization": "Bearer <accessToken>" }
#
# 4. Ask who you are. Without the header, me is null.

query Me {
  me {
    id
    email
    displayName
    roles
  }
}

# 5. Change your profile, then ask again: the same token, the new name.
#    Only the fields you give change; null clears one.

mutation UpdateProfile {
  updateProfile(input: { displayName: "Ada Lovelace", locale: "en-GB" }) {
    __typename
    ... on User {
      displayName
      locale
    }
    ...Problem
  }
}

# Every mutation answers with an outcome or with a problem you can act on: ask
# for both. The book on the left opens the documentation of the whole schema.

fragment Session on AuthSession {
  accessToken
  refreshToken
  expiresAt
  user {
    id
    email
  }
}

fragment Problem on UserError {
  code
  message
}
`;
