/**
 * What GraphiQL's first tab holds. The operations go by the names that the play button lists. No fragments with names: GraphiQL sends all of
 * them with each operation, and those that the operation does not use make it invalid.
 */
export const GRAPHIQL_TOUR = `# Welcome to Limen. A tour in five steps: put the
# cursor into an operation and press Ctrl-Enter, or
# press play and choose the operation by its name.
#
# 1. Sign up. Any address will do: mail is not
#    sent, but shown at /dev/mail.

mutation SignUp {
  signup(input: {
    email: "ada@example.com"
    password: "correct horse battery staple"
  }) {
    __typename
    ... on AuthSession {
      accessToken
      refreshToken
      user {
        id
        email
      }
    }
    ... on UserError {
      code
      message
    }
  }
}

# 2. Log in, now or another day.

mutation LogIn {
  login(input: {
    email: "ada@example.com"
    password: "correct horse battery staple"
  }) {
    __typename
    ... on AuthSession {
      accessToken
      refreshToken
      user {
        id
        email
      }
    }
    ... on UserError {
      code
      message
    }
  }
}

# 3. Say who you are. Copy the accessToken from the
#    answer, and write under "Headers" below:
#
#    { "Authorization": "Bearer <accessToken>" }
#
# 4. Ask who you are. Without the header, nobody.

query Me {
  me {
    id
    email
    displayName
    roles
  }
}

# 5. Change your profile and ask again: the same
#    token, the new name. Only the fields you give
#    change; null clears one.

mutation UpdateProfile {
  updateProfile(input: {
    displayName: "Ada Lovelace"
    locale: "en-GB"
  }) {
    __typename
    ... on User {
      displayName
      locale
    }
    ... on UserError {
      code
      message
    }
  }
}

# Every mutation answers with an outcome or with a
# problem you can act on: ask for both. The book on
# the left describes the whole schema.
`;
