/** Who may ask for what: every field of the schema has a row here, and a field without one fails. */
import {
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/schema/schema.ts';
import {
  createTestApp,
  type GraphQLAnswer,
  PASSWORD,
  SEES_ROWS,
  type TestApp,
  type TestPerson,
} from '../support/app.ts';

const CALLERS = ['anonymous', 'person', 'other', 'admin', 'service'] as const;
type Caller = (typeof CALLERS)[number];

const [OK, SIGN_IN, NO] = ['ok', 'UNAUTHENTICATED', 'FORBIDDEN'] as const;
type Access = typeof OK | typeof SIGN_IN | typeof NO;

/** `person` owns the account asked about; `other` is another person. Arguments are GraphQL text. */
const ROOT_FIELDS: Record<string, { args?: (ids: { person: string }) => string; access: readonly Access[] }> =
  {
    'Query.me': { access: [OK, OK, OK, OK, OK] },
    'Query.viewer': { access: [OK, OK, OK, OK, OK] },
    'Query.authProviders': { access: [OK, OK, OK, OK, OK] },
    'Query.sessions': { access: [SIGN_IN, OK, OK, OK, NO] },
    'Query.user': { args: ({ person }) => `id: "${person}"`, access: [SIGN_IN, NO, NO, OK, OK] },
    'Query.auditEvents': { args: () => 'first: 1', access: [SIGN_IN, NO, NO, OK, OK] },
    'Query.myActivity': { args: () => 'first: 1', access: [SIGN_IN, OK, OK, OK, NO] },
    'Query.users': { access: [SIGN_IN, NO, NO, OK, OK] },
    'Query.userStats': {
      args: () => 'range: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" }, interval: DAY',
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    'Mutation.signup': {
      args: () => `input: { email: "x@x", password: "${PASSWORD}" }`,
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.verifyEmail': {
      args: () => `input: { email: "x@example.com", code: "1" }`,
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.verifyPhone': {
      args: () => `input: { phone: "+41795550011", code: "1" }`,
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.resendVerification': { args: () => `input: { email: "x@x" }`, access: [OK, OK, OK, OK, OK] },
    'Mutation.requestSignInCode': { args: () => `input: { email: "x@x" }`, access: [OK, OK, OK, OK, OK] },
    'Mutation.signInWithCode': { args: () => `input: { tokenHash: "x" }`, access: [OK, OK, OK, OK, OK] },
    'Mutation.requestPasswordReset': { args: () => `input: { email: "x@x" }`, access: [OK, OK, OK, OK, OK] },
    'Mutation.resetPassword': {
      args: () => `input: { tokenHash: "x", newPassword: "${PASSWORD}" }`,
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.requestReauthentication': { access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.login': { args: () => `input: { email: "x@x", password: "x" }`, access: [OK, OK, OK, OK, OK] },
    'Mutation.refreshSession': { args: () => `input: { refreshToken: "x" }`, access: [OK, OK, OK, OK, OK] },
    'Mutation.logout': { args: () => 'input: { scope: OTHERS }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.updateProfile': { args: () => 'input: { locale: "en" }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.changePassword': {
      args: () => 'input: { currentPassword: "wrong", newPassword: "wrong" }',
      access: [SIGN_IN, OK, OK, OK, NO],
    },
    'Mutation.verifyMfa': {
      args: () => 'input: { challengeId: "x", code: "123456" }',
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.stepUp': { args: () => 'input: { code: "123456" }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.enrollTotp': { args: () => 'input: { name: " " }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.verifyTotp': {
      args: () => 'input: { factorId: "x", code: "123456" }',
      access: [SIGN_IN, OK, OK, OK, NO],
    },
    'Mutation.removeFactor': { args: () => 'input: { factorId: "x" }', access: [SIGN_IN, OK, OK, OK, NO] },
    // For sessions that have shown a second factor, which none of these has.
    'Mutation.generateRecoveryCodes': { access: [SIGN_IN, NO, NO, NO, NO] },
    'Mutation.signInAnonymously': { access: [OK, OK, OK, OK, OK] },
    'Mutation.changeEmail': { args: () => 'input: { email: "x@x" }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.verifyEmailChange': {
      args: () => 'input: { tokenHash: "x" }',
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.changePhone': { args: () => 'input: { phone: "x" }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.verifyPhoneChange': {
      args: () => 'input: { phone: "x", code: "x" }',
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.inviteUser': { args: () => 'input: { email: "x@x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.acceptInvitation': { args: () => 'input: { tokenHash: "x" }', access: [OK, OK, OK, OK, OK] },
    'Mutation.generateLink': {
      args: () => 'input: { type: INVITE, email: "x@x" }',
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    'Mutation.signInWithOAuth': {
      args: () => `input: { provider: "google", codeChallenge: "x" }`,
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.exchangeCode': {
      args: () => `input: { code: "x", codeVerifier: "x" }`,
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.signInWithIdToken': {
      args: () => `input: { provider: "google", idToken: "x" }`,
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.linkIdentity': {
      args: () => `input: { provider: "google", codeChallenge: "x" }`,
      access: [SIGN_IN, OK, OK, OK, NO],
    },
    'Mutation.unlinkIdentity': {
      args: () => `input: { identityId: "x" }`,
      access: [SIGN_IN, OK, OK, OK, NO],
    },
    'Mutation.setUserRoles': {
      args: ({ person }) => `input: { userId: "${person}", roles: ["reader"] }`,
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    'Mutation.setUserPermissions': {
      args: () => 'input: { userId: "x", permissions: [] }',
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    'Mutation.setUserTier': { args: () => 'input: { userId: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.createUser': { args: () => 'input: {}', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.updateUser': { args: () => 'input: { userId: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.banUser': { args: () => 'input: { userId: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.unbanUser': { args: () => 'input: { userId: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.deleteUser': {
      args: () => 'input: { userId: "x", mode: SOFT }',
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    'Mutation.revokeUserSessions': {
      args: () => 'input: { userId: "x" }',
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    'Mutation.sendPasswordReset': { args: () => 'input: { userId: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.resetMfa': { args: () => 'input: { userId: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.banUsers': { args: () => 'input: { userIds: ["x"] }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.unbanUsers': { args: () => 'input: { userIds: ["x"] }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.setUsersTier': { args: () => 'input: { userIds: ["x"] }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.revokeUsersSessions': {
      args: () => 'input: { userIds: ["x"] }',
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    'Mutation.deleteUsers': {
      args: () => 'input: { userIds: ["x"], mode: SOFT }',
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    // For people alone: somebody has to answer for it.
    'Mutation.impersonate': {
      args: () => 'input: { userId: "x", reason: "x" }',
      access: [SIGN_IN, NO, NO, OK, NO],
    },
    'Subscription.meChanged': { access: [SIGN_IN, OK, OK, OK, NO] },
    'Subscription.sessionEnded': { access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.startPasskeyRegistration': { access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.finishPasskeyRegistration': {
      args: () => 'input: { challengeId: "x", credential: {} }',
      access: [SIGN_IN, OK, OK, OK, NO],
    },
    'Mutation.startPasskeySignIn': { access: [OK, OK, OK, OK, OK] },
    'Mutation.finishPasskeySignIn': {
      args: () => 'input: { challengeId: "x", credential: {} }',
      access: [OK, OK, OK, OK, OK],
    },
    'Mutation.renamePasskey': {
      args: () => 'input: { id: "x", name: "x" }',
      access: [SIGN_IN, OK, OK, OK, NO],
    },
    'Mutation.completeOnboarding': { args: () => 'input: { }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.updatePreferences': {
      args: () => 'input: { preferences: {} }',
      access: [SIGN_IN, OK, OK, OK, NO],
    },
    'Mutation.revokeSession': { args: () => 'input: { id: "x" }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.deleteAccount': {
      args: () => 'input: { currentPassword: "wrong" }',
      access: [SIGN_IN, OK, OK, OK, NO],
    },
    'Mutation.cancelAccountDeletion': { access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.exportMyData': { access: [SIGN_IN, OK, OK, OK, NO] },
    'Mutation.removePasskey': { args: () => 'input: { id: "x" }', access: [SIGN_IN, OK, OK, OK, NO] },
    'Query.webhooks': { access: [SIGN_IN, NO, NO, OK, OK] },
    'Query.webhookDeliveries': { access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.createWebhook': {
      args: () => 'input: { url: "x", events: [USER_DELETED] }',
      access: [SIGN_IN, NO, NO, OK, OK],
    },
    'Mutation.updateWebhook': { args: () => 'input: { id: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.rotateWebhookSecret': { args: () => 'input: { id: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.deleteWebhook': { args: () => 'input: { id: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.testWebhook': { args: () => 'input: { id: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
    'Mutation.redeliver': { args: () => 'input: { id: "x" }', access: [SIGN_IN, NO, NO, OK, OK] },
  };

/** Root fields that anybody may ask for. The list grows only on purpose. */
const PUBLIC = [
  'Mutation.acceptInvitation',
  'Mutation.exchangeCode',
  'Mutation.finishPasskeySignIn',
  'Mutation.login',
  'Mutation.refreshSession',
  'Mutation.requestPasswordReset',
  'Mutation.requestSignInCode',
  'Mutation.resendVerification',
  'Mutation.resetPassword',
  'Mutation.signInAnonymously',
  'Mutation.signInWithCode',
  'Mutation.signInWithIdToken',
  'Mutation.signInWithOAuth',
  'Mutation.signup',
  'Mutation.startPasskeySignIn',
  'Mutation.verifyEmail',
  'Mutation.verifyEmailChange',
  'Mutation.verifyMfa',
  'Mutation.verifyPhone',
  'Mutation.verifyPhoneChange',
  'Query.authProviders',
  'Query.me',
  'Query.viewer',
];

/** Fields that need no more than the object they are on. */
const OBJECT_FIELDS: Record<string, string> = {
  User: `id email emailVerified newEmail phone phoneVerified newPhone isAnonymous displayName fullName firstName lastName avatarUrl locale timezone onboarding preferences metadata
         roles permissions tier createdAt updatedAt lastSignInAt factors recoveryCodesLeft identities passkeys bannedUntil appMetadata deletionScheduledAt`,
  Factor: 'id name type status createdAt lastChallengedAt',
  MfaRequired: 'challengeId methods expiresAt',
  TotpEnrolment: 'factorId uri secret qrCode',
  FactorRemoved: 'factorId',
  RecoveryCodes: 'codes',
  Viewer: 'kind user serviceId sessionId actor roles permissions tier scopes assuranceLevel freshness',
  Onboarding: 'completed completedAt industry jobTitle emailConsent emailConsentAt',
  Session: 'id deviceName userAgent address startedAt lastUsedAt assuranceLevel isCurrent isImpersonation',
  SessionList: 'sessions',
  SessionRevoked: 'id wasCurrent',
  AccountDeleted: 'userId',
  AccountDeletionScheduled: 'deletesAt',
  PersonalData: 'exportedAt data',
  AuthSession:
    'accessToken refreshToken tokenType expiresIn expiresAt providerToken providerRefreshToken user',
  EmailConfirmationSent: 'email',
  LoggedOut: 'scope',
  SessionEnded: 'sessionId',
  CodeSent: 'email',
  PasswordChanged: 'user',
  TextSent: 'phone',
  EmailChangeRequested: 'requestedEmail',
  EmailChangeHalfConfirmed: 'awaitsOtherAddress',
  PhoneChangeRequested: 'requestedPhone',
  ActionLink: 'url oneTimeCode tokenHash verificationType redirectTo user',
  AuthProvider: 'name label',
  ProviderRedirect: 'url',
  Identity: 'id provider email createdAt lastSignInAt',
  IdentityUnlinked: 'identityId',
  AuditEvent:
    'id source at action outcome code actor impersonatorId sessionId address userAgent requestId userId details',
  AuditActor: 'kind id',
  AuditEventConnection: 'edges nodes pageInfo',
  AuditEventEdge: 'cursor node',
  ActivityConnection: 'edges nodes pageInfo',
  ActivityEdge: 'cursor node',
  PageInfo: 'startCursor endCursor hasNextPage hasPreviousPage',
  Activity: 'id at action outcome code by sessionId address userAgent details',
  InvalidAuthCodeError: 'code message',
  InvalidIdTokenError: 'code message',
  ProviderDisabledError: 'code message',
  ProviderEmailUnverifiedError: 'code message',
  IdentityAlreadyLinkedError: 'code message',
  IdentityNotFoundError: 'code message',
  LastIdentityError: 'code message',
  LinkingDisabledError: 'code message',
  UserConnection: 'nodes edges pageInfo totalCount estimatedCount',
  UserEdge: 'node cursor',
  UserStats: 'points',
  UserStatsPoint: 'startsAt signups confirmations signIns activePeople onboardingsCompleted',
  FieldIssue: 'path code message',
  ValidationError: 'code message issues',
  WeakPasswordError: 'code message reasons',
  MetadataTooLargeError: 'code message maxBytes actualBytes',
  PreferencesTooLargeError: 'code message limitBytes actualBytes excessBytes',
  RateLimitedError: 'code message retryAfterSeconds',
  ServiceUnavailableError: 'code message retryAfterSeconds',
  AssuranceRequiredError: 'code message',
  InvalidMfaCodeError: 'code message',
  MfaChallengeExpiredError: 'code message',
  FactorNotFoundError: 'code message',
  FactorNameTakenError: 'code message',
  TooManyFactorsError: 'code message',
  LastFactorError: 'code message',
  NotSupportedError: 'code message missing',
  SamePasswordError: 'code message',
  EmailTakenError: 'code message',
  PhoneConfirmationSent: 'phone',
  PhoneNotConfirmedError: 'code message',
  PhoneTakenError: 'code message',
  NotEnabledError: 'code message',
  SignupDisabledError: 'code message',
  InvalidCredentialsError: 'code message',
  InvalidCodeError: 'code message',
  EmailNotConfirmedError: 'code message',
  AccountBannedError: 'code message',
  InvalidRefreshTokenError: 'code message',
  ReauthenticationRequiredError: 'code message',
  RefusedError: 'code message',
  ManagedElsewhereError: 'code message',
  UserNotFoundError: 'code message',
  LastAdminError: 'code message',
  OutrankedError: 'code message',
  OwnAccountError: 'code message',
  Actor: 'id',
  UserDeleted: 'userId mode',
  UserSessionsRevoked: 'userId sessionsRevoked',
  MfaReset: 'user factorsRemoved passkeysRemoved sessionsEnded',
  Impersonation: 'accessToken tokenType expiresIn expiresAt sessionId user',
  BanUsersItems: 'items',
  BanUsersItem: 'userId result',
  UnbanUsersItems: 'items',
  UnbanUsersItem: 'userId result',
  SetUsersTierItems: 'items',
  SetUsersTierItem: 'userId result',
  RevokeUsersSessionsItems: 'items',
  RevokeUsersSessionsItem: 'userId result',
  DeleteUsersItems: 'items',
  DeleteUsersItem: 'userId result',
  Passkey: 'id name createdAt lastUsedAt isBackedUp transports',
  PasskeyRegistrationChallenge: 'challengeId options expiresAt',
  PasskeySignInChallenge: 'challengeId options expiresAt',
  PasskeyRemoved: 'id',
  PasskeyChallengeExpiredError: 'code message',
  PasskeyNotAcceptedError: 'code message',
  PasskeyExistsError: 'code message',
  PasskeyNotFoundError: 'code message',
  TooManyPasskeysError: 'code message',
  Freshness: 'source boundSeconds',
  Webhook:
    'id url description events includesUserMetadata isEnabled failingSince disabledAt previousSecretExpiresAt createdAt updatedAt',
  WebhookWithSecret: 'webhook secret',
  WebhookDeleted: 'id',
  WebhookDelivery:
    'id webhookId eventId eventType occurredAt userId status attempts createdAt attemptedAt nextAttemptAt finishedAt responseStatus responseBody lastError',
  WebhookDeliveryConnection: 'edges nodes pageInfo',
  WebhookDeliveryEdge: 'cursor node',
  WebhookNotFoundError: 'code message',
  WebhookDeliveryNotFoundError: 'code message',
  TooManyWebhooksError: 'code message',
};

/** Of fields of `User` that are no scalars. */
const SELECTIONS: Record<string, string> = {
  onboarding: ' { completed completedAt emailConsentAt }',
  factors: ' { id }',
  passkeys: ' { id }',
  identities: ' { id }',
};

/** The types a person's data hang on, and the only root fields that lead there. */
const WAYS_TO_USER = [
  'Mutation.acceptInvitation',
  'Mutation.banUser',
  'Mutation.banUsers',
  'Mutation.cancelAccountDeletion',
  'Mutation.changeEmail',
  'Mutation.changePassword',
  'Mutation.changePhone',
  'Mutation.completeOnboarding',
  'Mutation.createUser',
  'Mutation.exchangeCode',
  'Mutation.finishPasskeySignIn',
  'Mutation.generateLink',
  'Mutation.impersonate',
  'Mutation.inviteUser',
  'Mutation.login',
  'Mutation.refreshSession',
  'Mutation.resetMfa',
  'Mutation.resetPassword',
  'Mutation.setUserPermissions',
  'Mutation.setUserRoles',
  'Mutation.setUserTier',
  'Mutation.setUsersTier',
  'Mutation.signInAnonymously',
  'Mutation.signInWithCode',
  'Mutation.signInWithIdToken',
  'Mutation.signup',
  'Mutation.stepUp',
  'Mutation.unbanUser',
  'Mutation.unbanUsers',
  'Mutation.updatePreferences',
  'Mutation.updateProfile',
  'Mutation.updateUser',
  'Mutation.verifyEmail',
  'Mutation.verifyEmailChange',
  'Mutation.verifyMfa',
  'Mutation.verifyPhone',
  'Mutation.verifyPhoneChange',
  'Mutation.verifyTotp',
  'Query.me',
  'Query.user',
  'Query.users',
  'Query.viewer',
  'Subscription.meChanged',
];

const roots = [
  schema.getQueryType(),
  schema.getMutationType(),
  schema.getSubscriptionType(),
] as GraphQLObjectType[];
const rootFields = roots.flatMap((type) =>
  Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
);

describe('access', () => {
  let app: TestApp;
  let people: Record<'person' | 'other' | 'admin', TestPerson>;
  beforeAll(async () => {
    app = await createTestApp({ keep: true });
    people = {
      person: await app.signUp('person'),
      other: await app.signUp('other'),
      admin: await app.signUpWith('admin', { roles: ['admin'] }),
    };
  });
  afterAll(() => app.close());

  function ask(caller: Caller, query: string): Promise<GraphQLAnswer> {
    if (caller === 'anonymous') return app.graphql(query);
    if (caller === 'service') return app.graphql(query, {}, { token: app.serviceKey });
    return people[caller](query);
  }

  test('has a row for every field, and none for a field that is gone', () => {
    expect(rootFields.map(([name]) => name).sort()).toEqual(Object.keys(ROOT_FIELDS).sort());
    const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
    const others = objects.filter((type) => !roots.includes(type) && !type.name.startsWith('__'));
    const shown = Object.fromEntries(others.map((type) => [type.name, Object.keys(type.getFields()).sort()]));
    const written = Object.entries(OBJECT_FIELDS).map(([name, fields]) => [name, fields.split(/\s+/).sort()]);
    expect(shown).toEqual(Object.fromEntries(written));
  });

  test('is open to strangers on the listed fields only', () => {
    const open = Object.entries(ROOT_FIELDS).filter(([, { access }]) => access[0] === OK);
    expect(open.map(([name]) => name).sort()).toEqual([...PUBLIC].sort());
  });

  test('reaches a person’s data by the listed root fields only', () => {
    const ways = rootFields.filter(([, field]) => leadsTo('User', field)).map(([name]) => name);
    expect(ways.sort()).toEqual([...WAYS_TO_USER].sort());
  });

  const cases = Object.entries(ROOT_FIELDS).flatMap(([name, { args, access }]) =>
    CALLERS.map((caller, index) => ({ name, args, caller, expected: access[index]! })),
  );
  test.each(cases)('$name answers $caller with $expected', async ({ name, args, caller, expected }) => {
    const [root = '', field = ''] = name.split('.');
    const parentheses = args ? `(${args({ person: people.person.id })})` : '';
    const { errors } = await ask(caller, `${root.toLowerCase()} { ${field}${parentheses} { __typename } }`);
    const code = errors?.[0]?.extensions.code ?? OK;
    // Whoever may listen is told to ask for a stream.
    expect(root === 'Subscription' && code === 'BAD_REQUEST' ? OK : code).toBe(expected);
  });

  test('is closed, where it takes a permission, to operators who have a second factor and have not shown it', async () => {
    const operator = await app.signUpWith('operator', { roles: ['admin'] });
    await app.database.query(
      `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret, created_at, updated_at)
       values (gen_random_uuid(), $1, '', 'totp', 'verified', '', now(), now())`,
      [operator.id],
    );
    const isForOperators = ([, , other, admin]: readonly Access[]) => other === NO && admin === OK;
    const closed = Object.entries(ROOT_FIELDS).filter(([, { access }]) => isForOperators(access));
    expect(closed.length).toBeGreaterThan(20);
    for (const [name, { args }] of closed) {
      const [root = '', field = ''] = name.split('.');
      const parentheses = args ? `(${args({ person: people.person.id })})` : '';
      const { errors } = await operator(`${root.toLowerCase()} { ${field}${parentheses} { __typename } }`);
      expect([name, errors?.[0].extensions]).toEqual([name, { code: NO, reason: 'AAL2_REQUIRED' }]);
    }
    const own = await operator('{ me { factors { id } } myActivity(first: 1) { nodes { id } } }');
    expect(own.errors).toBeUndefined();
  });

  test('costs operators without a factor one look at their own account, until it changes', async () => {
    const { admin } = people;
    const query = '{ users(first: 1) { nodes { id } } }';
    await admin(query);
    const mine = await app.statementsDuring(() => admin('{ me { id } }'));
    expect(mine).toEqual([]);
    const again = await app.statementsDuring(() => admin(query));
    expect(again.length).toBe(SEES_ROWS ? 1 : again.length);
  });

  test('is to a browser that brings nothing but the cookie of a session what it is to strangers', async () => {
    const headers = { origin: 'http://limen.test', 'sec-fetch-site': 'same-origin' };
    const input = `email: "${people.person.email}", password: "${PASSWORD}", transport: COOKIE`;
    const signedIn = await app.graphql(
      `mutation { login(input: { ${input} }) { __typename } }`,
      {},
      { headers },
    );
    const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!;
    for (const { name, args, expected } of cases.filter(({ caller }) => caller === 'anonymous')) {
      const [root = '', field = ''] = name.split('.');
      const parentheses = args ? `(${args({ person: people.person.id })})` : '';
      const query = `${root.toLowerCase()} { ${field}${parentheses} { __typename } }`;
      const { errors } = await app.graphql(query, {}, { headers: { ...headers, cookie } });
      expect(errors?.[0]?.extensions.code ?? OK, name).toBe(expected);
    }
  });

  test.each(OBJECT_FIELDS.User!.split(/\s+/))(
    'User.%s is shown to its owner, administrators and services',
    async (field) => {
      const selection = field + (SELECTIONS[field] ?? '');
      const query = `{ user(id: "${people.person.id}") { ${selection} } }`;
      expect((await people.person(`{ me { ${selection} } }`)).errors).toBeUndefined();
      const outcomes = await Promise.all(CALLERS.map((caller) => ask(caller, query)));
      expect(outcomes.map(({ errors }) => errors?.[0]?.extensions.code ?? OK)).toEqual([
        SIGN_IN,
        NO,
        NO,
        OK,
        OK,
      ]);
    },
  );
});

function leadsTo(target: string, field: GraphQLField<unknown, unknown>, seen = new Set<string>()): boolean {
  const type = getNamedType(field.type);
  if (type.name === target) return true;
  if (seen.has(type.name)) return false;
  seen.add(type.name);
  const members = isUnionType(type)
    ? type.getTypes()
    : isObjectType(type) || isInterfaceType(type)
      ? [type]
      : [];
  return members.some(
    (member) =>
      member.name === target ||
      Object.values(member.getFields()).some((inner) => leadsTo(target, inner, seen)),
  );
}
