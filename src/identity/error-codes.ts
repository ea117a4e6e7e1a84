/** The codes of the outcomes a caller acts on, with what each means. They never change. */
export const ERROR_CODES = {
  VALIDATION_FAILED: 'Something in the input is not acceptable; `issues` says what and where.',
  WEAK_PASSWORD:
    'The password is too short, too long, too common, or the address itself; `reasons` says which.',
  SAME_PASSWORD: 'The new password is the current one.',
  EMAIL_TAKEN:
    'The address has an account. Strangers are told only where sign-ups are confirmed at once, as the success itself would tell.',
  PHONE_TAKEN: 'The number has an account.',
  NOT_ENABLED: 'This installation does not offer this way in. Its operator can turn it on.',
  SIGNUP_DISABLED: 'This installation takes no sign-ups.',
  INVALID_CREDENTIALS: 'The address or number and the password do not go together, or nobody has it.',
  INVALID_CODE: 'The link or the code is wrong, used, or too old. Ask for another one.',
  EMAIL_NOT_CONFIRMED:
    'The password is right, and the address has still to be confirmed: `resendVerification` sends the mail again.',
  PHONE_NOT_CONFIRMED:
    'The password is right, and the number has still to be confirmed: `resendVerification` sends the code again.',
  ACCOUNT_BANNED: 'The password is right, and an administrator has banned the account.',
  INVALID_REFRESH_TOKEN:
    'The refresh token is unknown, expired, or older than the last two of its session. Log in again.',
  REAUTHENTICATION_REQUIRED:
    'The session alone is not enough for this change: give the current password, or a code (`requestReauthentication`), or log in again.',
  AAL2_REQUIRED:
    'The person has a second factor, and this session has not shown it. Ask for a code, call `stepUp`, and try again.',
  INVALID_MFA_CODE: 'The code is wrong, too old, or was used before.',
  MFA_CHALLENGE_EXPIRED:
    'Nobody can finish this sign-in any more: it took too long, or there were too many wrong codes. Log in again.',
  FACTOR_NOT_FOUND: 'The person has no such factor.',
  FACTOR_NAME_TAKEN: 'The person has a factor of that name already.',
  TOO_MANY_FACTORS: 'The person has as many factors as they may have. Remove one first.',
  LAST_FACTOR: 'Recovery codes alone would be left. Set another factor up first.',
  PASSKEY_CHALLENGE_EXPIRED:
    'The challenge is too old, was used before, or was for something else. Start again for another one.',
  PASSKEY_NOT_ACCEPTED:
    'The passkey is unknown, from another site, or its answer is not good. Nothing more is said of why.',
  PASSKEY_EXISTS: 'The passkey is registered already, for this account or for another one.',
  PASSKEY_NOT_FOUND: 'The person has no such passkey.',
  TOO_MANY_PASSKEYS: 'The person has as many passkeys as they may have. Remove one first.',
  NOT_SUPPORTED: 'The auth server behind this API cannot do it; `missing` says what it lacks.',
  MANAGED_ELSEWHERE: "An organization's own sign-in keeps this account; its password cannot be changed here.",
  REFUSED: 'A rule of this installation says no; `message` gives its reason, for the person to read.',
  INVALID_AUTH_CODE:
    'The code of this sign-in is unknown, used, older than five minutes, or the verifier is not the one it began with.',
  INVALID_ID_TOKEN:
    'The ID token is not one of this provider for this application, is out of date or used, or its nonce is another one.',
  PROVIDER_DISABLED:
    'This installation does not sign people in by that provider; `authProviders` lists those it does.',
  PROVIDER_EMAIL_UNVERIFIED:
    'The provider gives no address, or has not verified it. Verify it there, and try again.',
  IDENTITY_ALREADY_LINKED:
    'That account of the provider opens an account here already: this one, or somebody else’s.',
  IDENTITY_NOT_FOUND: 'The person signs in by nothing of that id.',
  LAST_IDENTITY: 'It is the only way the person signs in. Add another one first.',
  LINKING_DISABLED: 'This installation does not let people link and unlink providers.',
  USER_NOT_FOUND: 'Nobody has that id.',
  WEBHOOK_NOT_FOUND: 'There is no webhook of that id.',
  WEBHOOK_DELIVERY_NOT_FOUND:
    'There is no delivery of that id: it never was, is forgotten after its time, or went with its webhook.',
  TOO_MANY_WEBHOOKS: 'There are as many webhooks as there may be. Remove one first.',
  OUTRANKED:
    'The other person holds a role or a permission that the caller lacks, or was to be given one. Ask somebody who holds it.',
  OWN_ACCOUNT:
    'Operators do this to others only: to themselves it would lock them out, or get round what they must show.',
  LAST_ADMIN: 'The change would leave nobody with the role `admin`.',
  METADATA_TOO_LARGE:
    'The profile would no longer fit into the access token; `maxBytes` and `actualBytes` say by how much.',
  PREFERENCES_TOO_LARGE:
    'The preferences would take more than there is room for; `limitBytes`, `actualBytes` and `excessBytes` say by how much.',
  RATE_LIMITED: 'Too many attempts. Try again after `retryAfterSeconds`.',
  SERVICE_UNAVAILABLE:
    'The auth server is busy or out of reach, and may or may not have done what was asked. Try again later.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
