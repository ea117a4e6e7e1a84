import { describe, expect, test } from 'vitest';
import { createTestApp } from '../../support/app.ts';

const SET_ROLES = `mutation ($input: SetUserRolesInput!) {
  setUserRoles(input: $input) {
    __typename
    ... on User { id roles }
    ... on UserError { code }
    ... on ValidationError { issues { path code } }
  }
}`;

describe('setUserRoles', () => {
  test('holds at once for a token issued before, given and taken', async () => {
    const app = await createTestApp();
    const admin = await app.signUpWith('root', { roles: ['admin'] });
    const ada = await app.signUp('ada');
    const given = await admin(SET_ROLES, { input: { userId: ada.id, roles: ['admin', 'author'] } });
    expect(given.data.setUserRoles).toEqual({ __typename: 'User', id: ada.id, roles: ['admin', 'author'] });
    expect((await ada('query ($id: ID!) { user(id: $id) { id } }', { id: admin.id })).data.user.id).toBe(
      admin.id,
    );
    await admin(SET_ROLES, { input: { userId: ada.id, roles: [] } });
    const refused = await ada('query ($id: ID!) { user(id: $id) { id } }', { id: admin.id });
    expect(refused.errors?.[0].extensions.code).toBe('FORBIDDEN');
    expect((await ada('{ me { roles } }')).data.me.roles).toEqual([]);
  });

  test('takes away an older single `role` as well', async () => {
    const app = await createTestApp();
    const admin = await app.signUpWith('root', { roles: ['admin'] });
    const old = await app.signUpWith('old', { role: 'admin', tier: 'pro' });
    await admin(SET_ROLES, { input: { userId: old.id, roles: ['author'] } });
    expect((await old('{ me { roles tier } }')).data.me).toEqual({ roles: ['author'], tier: 'pro' });
  });

  test('refuses to leave nobody with the role admin; a banned or deleted administrator does not count', async () => {
    const app = await createTestApp();
    const admin = await app.signUpWith('root', { roles: ['admin'] });
    const banned = await app.signUpWith('banned', { roles: ['admin'] });
    await app.admin.updateUserById(banned.id, { ban_duration: '24h' });
    const deleted = await app.signUpWith('deleted', { roles: ['admin'] });
    await app.admin.deleteUser(deleted.id, true);
    const { data } = await admin(SET_ROLES, { input: { userId: admin.id, roles: ['author'] } });
    expect(data.setUserRoles.code).toBe('LAST_ADMIN');
    expect((await admin('{ me { roles } }')).data.me.roles).toEqual(['admin']);
  });

  test('lets two administrators who demote each other in the same moment not both succeed', async () => {
    const app = await createTestApp();
    const [one, two] = [
      await app.signUpWith('one', { roles: ['admin'] }),
      await app.signUpWith('two', { roles: ['admin'] }),
    ];
    const answers = await Promise.all([
      one(SET_ROLES, { input: { userId: two.id, roles: [] } }),
      two(SET_ROLES, { input: { userId: one.id, roles: [] } }),
    ]);
    // Whoever comes second is no administrator any more.
    const outcomes = answers.map(
      ({ data, errors }) => data?.setUserRoles.__typename ?? errors?.[0].extensions.code,
    );
    expect(outcomes.sort()).toEqual(['FORBIDDEN', 'User']);
    const roles = [
      ...(await one('{ me { roles } }')).data.me.roles,
      ...(await two('{ me { roles } }')).data.me.roles,
    ];
    expect(roles).toEqual(['admin']);
  });

  test('tells an unknown id and a malformed role apart', async () => {
    const app = await createTestApp();
    const admin = await app.signUpWith('root', { roles: ['admin'] });
    const unknown = await admin(SET_ROLES, {
      input: { userId: '00000000-0000-4000-8000-000000000000', roles: ['author'] },
    });
    expect(unknown.data.setUserRoles.code).toBe('USER_NOT_FOUND');
    const malformed = await admin(SET_ROLES, {
      input: { userId: admin.id, roles: ['admin', 'bad role\u0000'] },
    });
    expect(malformed.data.setUserRoles.issues).toEqual([{ path: ['roles', '1'], code: 'INVALID_FORMAT' }]);
  });

  test('does nothing more for an administrator who was demoted while they waited for their turn', async () => {
    const app = await createTestApp();
    const admin = await app.signUpWith('root', { roles: ['admin'] });
    const ada = await app.signUp('ada');
    await admin('{ me { id } }');
    const turn = Promise.withResolvers<void>();
    const before = app.app.database.exclusively('roles', () => turn.promise);
    const promotion = admin(SET_ROLES, { input: { userId: ada.id, roles: ['admin'] } });
    // Time to be let in, and to join the line.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await app.admin.updateUserById(admin.id, { app_metadata: { roles: [] } });
    turn.resolve();
    await before;
    expect((await promotion).errors?.[0].extensions.code).toBe('FORBIDDEN');
    expect((await ada('{ me { roles } }')).data.me.roles).toEqual([]);
  });
});
