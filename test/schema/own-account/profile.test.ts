import { describe, expect, test, vi } from 'vitest';
import { createTestApp } from '../../support/app.ts';

const UPDATE = `mutation ($input: UpdateProfileInput!) {
  updateProfile(input: $input) {
    __typename
    ... on User { displayName firstName avatarUrl timezone preferences metadata onboarding { industry emailConsent } }
    ... on UserError { code }
    ... on ValidationError { issues { path code } }
    ... on MetadataTooLargeError { maxBytes actualBytes }
  }
}`;

describe('updateProfile', () => {
  test('changes only the fields given, clears those given as null, and `me` sees it at once with the older token', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await ada(UPDATE, { input: { displayName: 'Ada', firstName: 'Augusta', timezone: 'Europe/London' } });
    const { data } = await ada(UPDATE, {
      input: { displayName: null, industry: 'Engines', emailConsent: true },
    });
    expect(data.updateProfile).toMatchObject({
      __typename: 'User',
      displayName: null,
      firstName: 'Augusta',
      timezone: 'Europe/London',
      onboarding: { industry: 'Engines', emailConsent: true },
    });
    const me = await ada('{ me { displayName firstName } }');
    expect(me.data.me).toEqual({ displayName: null, firstName: 'Augusta' });
  });

  test('reads the row once after a change, once more when the change feed tells of it, and not again until the next', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const me = () => app.statementsDuring(() => ada('{ me { displayName } }'));
    for (const displayName of ['Ada', 'Countess']) {
      await ada(UPDATE, { input: { displayName } });
      expect(await me()).toHaveLength(1);
      await vi.waitFor(async () => expect(await me()).toEqual([]));
    }
  });

  test('leaves other people as they are', async () => {
    const app = await createTestApp();
    const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
    await ada(UPDATE, { input: { displayName: 'Ada' } });
    expect((await grace('{ me { displayName } }')).data.me.displayName).toBeNull();
  });

  test('keeps keys it does not know, sets keys of one’s own, and takes one away with null', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await app.admin.updateUserById(ada.id, { user_metadata: { legacy_id: 42 } });
    await ada(UPDATE, { input: { metadata: { team: 'red', nick: 'A' } } });
    const { data } = await ada(UPDATE, { input: { metadata: { nick: null } } });
    expect(data.updateProfile.metadata).toMatchObject({ legacy_id: 42, team: 'red' });
    expect(data.updateProfile.metadata).not.toHaveProperty('nick');
  });

  test('refuses a profile that would not fit into a token, says by how much, and changes nothing', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await ada(UPDATE, {
      input: { displayName: 'Ada', preferences: { blob: 'ä'.repeat(3000) } },
    });
    expect(data.updateProfile).toMatchObject({ code: 'METADATA_TOO_LARGE', maxBytes: 4096 });
    expect(data.updateProfile.actualBytes).toBeGreaterThan(6000);
    expect((await ada('{ me { displayName } }')).data.me.displayName).toBeNull();
  });

  test.each([
    ['displayName', 'x'.repeat(201), 'TOO_LONG'],
    ['displayName', 'a\u0007b', 'INVALID_CHARACTER'],
    ['displayName', 'lone \ud800 surrogate', 'INVALID_CHARACTER'],
    ['avatarUrl', 'data:text/html,hi', 'INVALID_FORMAT'],
    ['avatarUrl', `https://example.com/${'x'.repeat(3000)}`, 'TOO_LONG'],
    [
      'locale',
      `en-${Array.from({ length: 60_000 }, (_, index) => `v${index.toString(36).padStart(7, '0')}`).join('-')}`,
      'INVALID_FORMAT',
    ],
    ['timezone', 'Europe/'.repeat(50_000), 'INVALID_FORMAT'],
    ['preferences', { deep: [{ nul: 'a\u0000b' }] }, 'INVALID_CHARACTER'],
  ])('refuses %s with a value that cannot be kept (%#)', async (field, value, code) => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await ada(UPDATE, { input: { [field]: value } });
    expect(data.updateProfile).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: [field], code }],
    });
  });

  test('accepts 200 characters that take four bytes each', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await ada(UPDATE, { input: { displayName: '🦉'.repeat(200) } });
    expect(data.updateProfile.displayName).toBe('🦉'.repeat(200));
  });

  test('takes no key that JavaScript would lose, and says so', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await ada(UPDATE, { input: { metadata: JSON.parse('{"__proto__": {"a": 1}}') } });
    expect(data.updateProfile.issues).toEqual([{ path: ['metadata', '__proto__'], code: 'RESERVED_KEY' }]);
  });

  test('takes no variable inside a JSON literal, where one could be named many times', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const query = `mutation ($x: String) { updateProfile(input: { metadata: { a: $x, b: $x } }) { __typename } }`;
    const { status, errors } = await ada(query, { x: 'x' });
    expect([status, errors?.[0].extensions.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
    const plain = `mutation { updateProfile(input: { metadata: { a: [1, { b: true }] } }) { ... on User { metadata } } }`;
    expect((await ada(plain)).data.updateProfile.metadata).toMatchObject({ a: [1, { b: true }] });
  });

  test('lets somebody who came with more than fits make it less, and no larger', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const legacy = { one: 'x'.repeat(3000), two: 'y'.repeat(3000) };
    await app.admin.updateUserById(ada.id, { user_metadata: legacy });
    const fresh = await app.logIn(ada.email);
    const smaller = await fresh(UPDATE, { input: { metadata: { one: null } } });
    expect(smaller.data.updateProfile.__typename).toBe('User');
    const larger = await fresh(UPDATE, { input: { metadata: { three: 'z'.repeat(2000) } } });
    expect(larger.data.updateProfile.code).toBe('METADATA_TOO_LARGE');
  });

  test('finishes the onboarding', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await ada(UPDATE, { input: { onboardingCompleted: true } });
    expect((await ada('{ me { onboarding { completed } } }')).data.me.onboarding.completed).toBe(true);
  });

  test('is refused as not signed in when the session was ended elsewhere', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await app.database.query('delete from auth.sessions');
    const { errors } = await ada(UPDATE, { input: { displayName: 'Ada' } });
    expect(errors?.[0].extensions).toEqual({ code: 'UNAUTHENTICATED' });
  });
});
