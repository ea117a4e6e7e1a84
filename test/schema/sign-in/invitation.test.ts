/** What administrators make for others, over GraphQL. */
import { describe, expect, test } from 'vitest';
import { createTestApp, PASSWORD } from '../../support/app.ts';

const INVITE = `mutation ($input: InviteUserInput!) {
  inviteUser(input: $input) {
    __typename
    ... on User { id email emailVerified displayName roles }
    ... on UserError { code }
    ... on ValidationError { issues { path } }
  }
}`;
const ACCEPT = `mutation ($input: AcceptInvitationInput!) {
  acceptInvitation(input: $input) {
    __typename
    ... on AuthSession { user { id emailVerified displayName roles } }
    ... on UserError { code }
  }
}`;
const GENERATE = `mutation ($input: GenerateLinkInput!) {
  generateLink(input: $input) {
    __typename
    ... on ActionLink { url oneTimeCode tokenHash verificationType redirectTo user { id email newEmail } }
    ... on UserError { code }
    ... on ValidationError { issues { path code } }
  }
}`;

describe('inviteUser', () => {
  test('makes an account and mails a link, by which its person comes in', async () => {
    const app = await createTestApp({
      env: { EMAIL_CONFIRMATION: 'on', API_EXTERNAL_URL: 'https://id.example.com' },
    });
    await app.admin.createUser({
      email: 'admin@example.com',
      password: PASSWORD,
      email_confirm: true,
      app_metadata: { roles: ['admin'] },
    });
    const admin = await app.logIn('admin@example.com');
    const input = {
      email: 'Grace@Example.com',
      profile: { displayName: 'Grace', metadata: { roles: ['admin'] } },
    };
    const { data } = await admin(INVITE, { input });
    expect(data.inviteUser).toMatchObject({
      __typename: 'User',
      email: 'grace@example.com',
      emailVerified: false,
      displayName: 'Grace',
      roles: [],
    });
    const [mail] = await app.messagesTo('grace@example.com');
    expect(mail).toMatchObject({ template: 'invite', userId: data.inviteUser.id });
    expect(mail?.link).toContain('/auth/v1/verify?');
    const accept = async (given: object) =>
      (await app.graphql(ACCEPT, { input: { tokenHash: mail!.tokenHash, ...given } })).data.acceptInvitation;
    expect(await accept({ newPassword: 'short' })).toMatchObject({ code: 'WEAK_PASSWORD' });
    expect(await accept({ newPassword: PASSWORD })).toMatchObject({
      user: { id: data.inviteUser.id, emailVerified: true, displayName: 'Grace', roles: [] },
    });
    expect(await accept({ newPassword: PASSWORD })).toMatchObject({ code: 'INVALID_CODE' });
    expect((await app.logIn('grace@example.com')).id).toBe(data.inviteUser.id);
    expect((await admin(INVITE, { input })).data.inviteUser).toEqual({
      __typename: 'EmailTakenError',
      code: 'EMAIL_TAKEN',
    });
  });
});

describe('generateLink', () => {
  test('answers what a mail would hold, and sends none', async () => {
    const app = await createTestApp();
    const admin = await app.signUpWith('admin', { roles: ['admin'] });
    const ada = await app.signUp('ada');
    const outcome = async (input: object) => (await admin(GENERATE, { input })).data.generateLink;
    const link = await outcome({ type: 'MAGIC_LINK', email: ada.email });
    expect(link).toMatchObject({
      __typename: 'ActionLink',
      verificationType: 'magiclink',
      oneTimeCode: expect.stringMatching(/^\d{6}$/),
      user: { id: ada.id, email: ada.email },
    });
    expect(new URL(link.url).searchParams.get('token')).toBe(link.tokenHash);
    expect(await app.messagesTo(ada.email)).toEqual([]);
    const change = { email: ada.email, newEmail: 'new@example.com' };
    expect(await outcome({ ...change, type: 'EMAIL_CHANGE_NEW' })).toMatchObject({
      verificationType: 'email_change',
      user: { newEmail: 'new@example.com' },
    });
    expect(await outcome({ type: 'RECOVERY', email: 'nobody@example.com' })).toMatchObject({
      code: 'USER_NOT_FOUND',
    });
    expect(await outcome({ type: 'INVITE', email: ada.email })).toMatchObject({ code: 'EMAIL_TAKEN' });
    expect(await outcome({ type: 'SIGNUP', email: 'x@example.com', password: 'short' })).toMatchObject({
      code: 'WEAK_PASSWORD',
    });
  });

  test.each([
    [{ type: 'SIGNUP' }, ['password', 'REQUIRED']],
    [{ type: 'EMAIL_CHANGE_NEW' }, ['newEmail', 'REQUIRED']],
    [{ type: 'RECOVERY', password: PASSWORD }, ['password', 'NOT_ACCEPTED']],
    [{ type: 'RECOVERY', profile: { displayName: 'Eve' } }, ['profile', 'NOT_ACCEPTED']],
  ])('takes for %o what it needs, and nothing else', async (input, [path, code]) => {
    const app = await createTestApp();
    const admin = await app.signUpWith('admin', { roles: ['admin'] });
    const { data } = await admin(GENERATE, { input: { email: 'ada@example.com', ...input } });
    expect(data.generateLink.issues).toEqual([{ path: [path], code }]);
  });
});
