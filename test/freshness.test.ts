/** On the instance that hosts the auth server, whatever that server is told is seen at once by every token. */
import { describe, expect, test } from 'vitest';
import { createTestApp } from './support/app.ts';

describe('a token from before a change', () => {
  test('sees at once what the auth server on the same instance was told', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await app.admin.updateUserById(ada.id, { app_metadata: { tier: 'pro' } });
    expect((await ada('{ me { tier } }')).data.me.tier).toBe('pro');
    await app.admin.updateUserById(ada.id, { ban_duration: '1h' });
    expect((await ada('{ me { tier } }')).status).toBe(401);
    await app.admin.updateUserById(ada.id, { ban_duration: 'none' });
    expect((await ada('{ me { tier } }')).data.me.tier).toBe('pro');
    await app.admin.deleteUser(ada.id);
    expect((await ada('{ me { tier } }')).status).toBe(401);
  });

  test('stays a person’s, and ends with their session, when their database role is that of a service', async () => {
    const app = await createTestApp();
    const { id, email } = await app.signUp('ada');
    await app.admin.updateUserById(id, { role: 'service_role' });
    const ada = await app.logIn(email);
    expect((await ada('{ viewer { kind scopes } }')).data.viewer).toEqual({ kind: 'PERSON', scopes: [] });
    await ada('mutation { logout { __typename } }');
    expect((await ada('{ viewer { kind } }')).status).toBe(401);
  });
});
