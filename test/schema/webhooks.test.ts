import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD, type TestPerson } from '../support/app.ts';
import { createCarrier, WEBHOOK_SECRET } from '../support/database-webhooks.ts';
import { startWebhookReceiver, verify } from '../support/webhook-receiver.ts';

const ERRORS = '... on UserError { code }';
const ISSUES = '... on ValidationError { issues { path code } }';
const FIELDS =
  'id url description events includesUserMetadata isEnabled failingSince disabledAt previousSecretExpiresAt createdAt updatedAt';
const DELIVERY =
  'id webhookId eventId eventType userId status attempts nextAttemptAt finishedAt responseStatus responseBody lastError';

const WITH_SECRET = `__typename ... on WebhookWithSecret { secret webhook { ${FIELDS} } } ${ERRORS}`;
const CREATE = `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { ${WITH_SECRET} ${ISSUES} } }`;
const ROTATE = `mutation ($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input) { ${WITH_SECRET} } }`;
const UPDATE = `mutation ($input: UpdateWebhookInput!) { updateWebhook(input: $input) { __typename ... on Webhook { ${FIELDS} } ${ERRORS} } }`;
const DELETE = `mutation ($input: DeleteWebhookInput!) { deleteWebhook(input: $input) { __typename ... on WebhookDeleted { id } ${ERRORS} } }`;
const TEST = `mutation ($input: TestWebhookInput!) { testWebhook(input: $input) { __typename ... on WebhookDelivery { ${DELIVERY} } ${ERRORS} } }`;
const REDELIVER = `mutation ($input: RedeliverInput!) { redeliver(input: $input) { __typename ... on WebhookDelivery { ${DELIVERY} } ${ERRORS} } }`;
const LIST = `{ webhooks { ${FIELDS} } }`;
const DELIVERIES = `query ($filter: WebhookDeliveryFilter, $first: Int, $after: String) {
  webhookDeliveries(filter: $filter, first: $first, after: $after) { nodes { ${DELIVERY} } pageInfo { hasNextPage endCursor } }
}`;

const EVERY_EVENT = [
  'USER_CREATED',
  'USER_UPDATED',
  'USER_DELETED',
  'USER_CONFIRMED',
  'USER_BANNED',
  'USER_UNBANNED',
  'EMAIL_CHANGED',
  'PHONE_CHANGED',
  'PASSWORD_CHANGED',
  'ROLE_CHANGED',
  'SESSION_STARTED',
  'SESSION_ENDED',
];

const ENV = {
  WEBHOOK_ALLOW_PRIVATE: 'on',
  ...(MODE === 'supabase' && { SUPABASE_WEBHOOK_SECRET: WEBHOOK_SECRET }),
};

async function createScene(env: Record<string, string> = {}) {
  const app = await createTestApp({ env: { ...ENV, ...env } });
  const carry = await createCarrier(app);
  const operator = await app.signUpWith('operator', { permissions: ['webhooks:write', 'users:read'] });
  return {
    app,
    operator,
    carry,
    ask: async (query: string, input: object) =>
      Object.values((await operator(query, { input })).data)[0] as never,
    create: async (url: string, settings: object = {}) => {
      await carry();
      const input = { url, events: EVERY_EVENT, ...settings };
      return (await operator(CREATE, { input })).data.createWebhook as {
        secret: string;
        webhook: { id: string };
      };
    },
    /** Whatever is due arrives. */
    async deliver() {
      await carry();
      return app.app.webhooks.workOff();
    },
  };
}

const listOf = async (operator: TestPerson, filter: object = {}) =>
  (await operator(DELIVERIES, { filter })).data.webhookDeliveries.nodes;

describe('webhooks', () => {
  test('tell of what happens to a person, in order, and never a secret', async () => {
    const { app, create, deliver } = await createScene();
    const receiver = await startWebhookReceiver();
    const { secret } = await create(receiver.url);
    const ada = await app.signUp('ada');
    await ada('mutation { updateProfile(input: { displayName: "Ada" }) { __typename } }');
    await app.admin.updateUserById(ada.id, { app_metadata: { roles: ['editor'] } });
    await app.admin.updateUserById(ada.id, { ban_duration: '1h' });
    await app.admin.updateUserById(ada.id, { ban_duration: 'none' });
    await app.admin.updateUserById(ada.id, { email: `new-${ada.email}`, email_confirm: true });
    await app.admin.deleteUser(ada.id);
    await deliver();
    const told = receiver.received.filter(({ event }) => event.data.user?.id === ada.id);
    expect(told.map(({ event }) => event.type)).toEqual([
      'user.created',
      'user.confirmed',
      'session.started',
      'user.updated',
      'role.changed',
      'user.updated',
      'user.banned',
      'user.updated',
      'user.unbanned',
      'user.updated',
      'email.changed',
      'user.deleted',
      // In Supabase's database the order is its own.
      ...(MODE === 'supabase' ? ['session.ended'] : []),
    ]);
    const eventOf = (type: string) => told.find(({ event }) => event.type === type)!.event;
    expect(eventOf('role.changed').data).toMatchObject({
      user: { app_metadata: { roles: ['editor'] } },
      old: {},
    });
    expect(eventOf('email.changed').data.old).toMatchObject({ email: ada.email });
    expect(eventOf('user.deleted').data).toMatchObject({
      soft: false,
      user: { id: ada.id, email: `new-${ada.email}`, app_metadata: { roles: ['editor'] } },
    });
    expect(eventOf('session.started').data).toEqual({
      user: { id: ada.id },
      session: expect.objectContaining({ id: ada.sessionId, aal: 'aal1', ip: expect.anything() }),
    });
    for (const one of told) {
      verify(one, secret);
      expect(one.text).not.toMatch(/password|\$2[aby]\$|\$argon|token|hmac|user_metadata/);
    }
  });

  test('show what people wrote about themselves to those who asked for it, and tell of a soft deletion', async () => {
    const { app, create, deliver } = await createScene();
    const [nosy, other] = [await startWebhookReceiver(), await startWebhookReceiver()];
    const ada = await app.signUp('ada');
    await create(nosy.url, { includesUserMetadata: true, events: ['USER_UPDATED', 'USER_DELETED'] });
    await create(other.url, { events: ['USER_UPDATED', 'USER_DELETED'] });
    await ada('mutation { updateProfile(input: { displayName: "Ada" }) { __typename } }');
    await app.admin.deleteUser(ada.id, true);
    await deliver();
    expect(nosy.types()).toEqual(['user.updated', 'user.deleted']);
    expect(nosy.received[0]!.event.data.user.user_metadata).toMatchObject({ display_name: 'Ada' });
    expect(other.types()).toEqual(['user.deleted']);
    expect(other.received[0]!.event.data).toMatchObject({
      soft: true,
      user: { id: ada.id, email: ada.email },
    });
    expect(other.received[0]!.text).not.toContain('user_metadata');
  });

  test('are listed, changed, switched off and on, and deleted', async () => {
    const { ask, operator, create, deliver, app } = await createScene();
    const receiver = await startWebhookReceiver();
    const { webhook, secret } = await create(receiver.url, {
      events: ['USER_CREATED', 'USER_CREATED'],
      description: 'CRM',
    });
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { id } = webhook;
    const listed = (await operator(LIST)).data.webhooks;
    expect(listed).toEqual([webhook]);
    expect(listed).toMatchObject([{ description: 'CRM', events: ['USER_CREATED'], isEnabled: true }]);
    expect(JSON.stringify(listed)).not.toContain(secret.slice(6));

    await app.signUp('waits');
    await deliver();
    await app.signUp('waits-too');
    await deliver().then(() => app.signUp('the-third'));
    await ask(UPDATE, { id, isEnabled: false });
    expect(await deliver()).toBe(0);
    await app.signUp('is-not-kept');
    await deliver();
    expect(
      await ask(UPDATE, { id, isEnabled: true, events: ['USER_DELETED'], description: 'x' }),
    ).toMatchObject({
      isEnabled: true,
      events: ['USER_DELETED'],
      description: 'x',
      url: receiver.url,
    });
    await deliver();
    // In Supabase mode what is carried while it is off is not kept either.
    expect(receiver.received).toHaveLength(MODE === 'supabase' ? 2 : 3);

    expect(await ask(DELETE, { id })).toEqual({ __typename: 'WebhookDeleted', id });
    expect(await ask(DELETE, { id })).toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
    expect(await listOf(operator)).toEqual([]);
  });

  test('refuse what is no receiver, and what is no webhook', async () => {
    const { ask, operator } = await createScene({ WEBHOOK_ALLOW_PRIVATE: 'off' });
    const bad = { url: 'https://169.254.169.254/latest', events: [], description: `\0${'x'.repeat(201)}` };
    expect(await ask(CREATE, bad)).toEqual({
      __typename: 'ValidationError',
      code: 'VALIDATION_FAILED',
      issues: [
        { path: ['url'], code: 'PRIVATE_ADDRESS' },
        { path: ['description'], code: 'INVALID_CHARACTER' },
        { path: ['description'], code: 'TOO_LONG' },
        { path: ['events'], code: 'CHOOSE_ONE' },
      ],
    });
    expect(await ask(CREATE, { url: 'http://localhost:1/', events: ['USER_DELETED'] })).toMatchObject({
      issues: [{ path: ['url'], code: 'PRIVATE_ADDRESS' }],
    });
    for (const id of ['x', '\0', randomUUID(), '9'.repeat(400)]) {
      expect(await ask(UPDATE, { id, isEnabled: true })).toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
      expect(await ask(ROTATE, { id })).toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
      expect(await ask(DELETE, { id })).toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
      expect(await ask(TEST, { id })).toMatchObject({ code: 'WEBHOOK_NOT_FOUND' });
      expect(await ask(REDELIVER, { id })).toMatchObject({ code: 'WEBHOOK_DELIVERY_NOT_FOUND' });
      expect(await listOf(operator, { userId: id })).toEqual([]);
    }
    for (const after of [
      'x',
      Buffer.from('["1; drop"]').toString('base64url'),
      Buffer.from('[1e300]').toString('base64url'),
    ]) {
      const { status, errors } = await operator(DELIVERIES, { after });
      expect([status, errors?.[0]?.extensions.code]).toEqual([200, 'VALIDATION_FAILED']);
    }
  });

  test('bring nobody what they may not read: without users:read they are listed, tried, rotated and deleted', async () => {
    const { app, create, deliver, operator } = await createScene();
    const receiver = await startWebhookReceiver();
    const { webhook } = await create(receiver.url, { events: ['USER_CREATED'] });
    await app.signUp('ada');
    await deliver();
    const [told] = await listOf(operator);
    const clerk = await app.signUpWith('clerk', { permissions: ['webhooks:write'] });
    const answer = async (query: string, input: object) => {
      const { data, errors } = await clerk(query, { input });
      return errors?.[0]?.extensions.code ?? (Object.values(data)[0] as { __typename: string }).__typename;
    };
    const { id } = webhook;
    expect(await answer(CREATE, { url: receiver.url, events: ['USER_CREATED'] })).toBe('FORBIDDEN');
    expect(await answer(UPDATE, { id, url: receiver.url })).toBe('FORBIDDEN');
    expect(await answer(REDELIVER, { id: told.id })).toBe('FORBIDDEN');
    expect((await clerk(DELIVERIES)).errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      permission: 'users:read',
    });
    expect((await clerk(LIST)).data.webhooks).toMatchObject([{ id, failingSince: null, disabledAt: null }]);
    expect(await answer(TEST, { id })).toBe('WebhookDelivery');
    expect(await answer(ROTATE, { id })).toBe('WebhookWithSecret');
    expect(await answer(DELETE, { id })).toBe('WebhookDeleted');
  });

  test('are told at once, in whatever process it happens, and asked after rarely', async () => {
    const { app, ask, create, carry } = await createScene();
    const receiver = await startWebhookReceiver();
    const { webhook } = await create(receiver.url, { events: ['USER_CREATED'] });
    app.app.webhooks.start();
    const claims = (statements: string[]) =>
      statements.filter((sql) => /with due as|min\(next/.test(sql)).length;
    const idle = await app.statementsDuring(() => new Promise((resolve) => setTimeout(resolve, 1200)));
    expect(claims(idle)).toBeLessThanOrEqual(2);
    await app.signUp('ada');
    await carry();
    await expect.poll(() => receiver.types()).toEqual(['user.created']);
    // A test is left to who asks for it, and waits for the answer.
    expect(await ask(TEST, { id: webhook.id })).toMatchObject({ status: 'DELIVERED' });
  });

  test('are twenty at most', async () => {
    const { ask } = await createScene();
    const input = { url: 'http://127.0.0.1:1/', events: ['USER_DELETED'] };
    for (let index = 0; index < 20; index += 1) expect(await ask(CREATE, input)).toHaveProperty('secret');
    expect(await ask(CREATE, input)).toMatchObject({ code: 'TOO_MANY_WEBHOOKS' });
  });

  test('are tried while they are off too, and say what came of it', async () => {
    const { ask, create, operator } = await createScene();
    const receiver = await startWebhookReceiver();
    const { webhook, secret } = await create(receiver.url, { isEnabled: false });
    const input = { id: webhook.id };
    expect(await ask(TEST, input)).toMatchObject({
      eventType: 'webhook.test',
      userId: null,
      status: 'DELIVERED',
      responseStatus: 204,
      attempts: 1,
    });
    expect(verify(receiver.received[0]!, secret)).toMatchObject({ type: 'webhook.test' });
    receiver.behaves(() => 503);
    expect(await ask(TEST, input)).toMatchObject({
      status: 'DEAD',
      lastError: 'status 503',
      responseBody: 'answer 503',
    });
    await receiver.stop();
    expect(await ask(TEST, input)).toMatchObject({ status: 'DEAD', lastError: 'out of reach: ECONNREFUSED' });
    expect(await listOf(operator, { status: 'DEAD' })).toHaveLength(2);
  });

  test('sign with both secrets for a day after a rotation, and seal them where there is a key', async () => {
    const { app, ask, create, operator } = await createScene({
      WEBHOOK_SECRET_KEY: 'a key of more than 32 characters, for tests',
    });
    const receiver = await startWebhookReceiver();
    const { webhook, secret: first } = await create(receiver.url);
    const input = { id: webhook.id };
    const { secret: second } = (await ask(ROTATE, input)) as { secret: string };
    await ask(TEST, input);
    const [told] = receiver.received;
    expect(told!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    for (const secret of [first, second]) verify(told!, secret);
    const stored = await app.ownDatabase.query('select secret, previous_secret from limen.webhook_endpoints');
    for (const secret of Object.values(stored[0]!)) expect(secret).toMatch(/^sealed:/);
    // What was stolen is gone with the second rotation.
    await ask(ROTATE, input);
    await ask(TEST, input);
    expect(() => verify(receiver.received[1]!, first)).toThrow();
    app.clock.advance(86_401);
    const later = await app.logIn(operator.email);
    await later(TEST, { input });
    expect(receiver.received[2]!.headers['webhook-signature']).toMatch(/^v1,\S+$/);
  });

  test('send once more what is over, under the same id, and at once what waits', async () => {
    const { app, ask, create, deliver, operator } = await createScene();
    const receiver = await startWebhookReceiver();
    await create(receiver.url, { events: ['USER_CREATED'] });
    const ada = await app.signUp('ada');
    await deliver();
    const [delivered] = await listOf(operator, {
      userId: ada.id,
      status: 'DELIVERED',
      event: 'USER_CREATED',
    });
    expect(await ask(REDELIVER, { id: delivered.id })).toMatchObject({
      status: 'PENDING',
      eventId: delivered.eventId,
    });
    receiver.behaves(() => 500);
    expect(await deliver()).toBe(0);
    expect(receiver.received.map(({ id }) => id)).toEqual([delivered.eventId, delivered.eventId]);
    const [waiting] = await listOf(operator, { status: 'PENDING' });
    expect(waiting).toMatchObject({
      attempts: 1,
      nextAttemptAt: expect.any(String),
      lastError: 'status 500',
    });
    receiver.behaves(() => 204);
    expect(await deliver()).toBe(0);
    expect(await ask(REDELIVER, { id: waiting.id })).toMatchObject({ id: waiting.id, nextAttemptAt: null });
    expect(await deliver()).toBe(1);
  });

  test('list their deliveries page by page', async () => {
    const { app, create, deliver, operator } = await createScene();
    const receiver = await startWebhookReceiver();
    await create(receiver.url, { events: ['SESSION_STARTED'] });
    const { email } = await app.signUp('ada');
    for (let index = 0; index < 4; index += 1) await app.logIn(email);
    await deliver();
    const seen: string[] = [];
    const cursors: (string | null)[] = [null];
    for (let pages = 0; pages < 3; pages += 1) {
      const { data } = await operator(DELIVERIES, { first: 2, after: cursors.at(-1) });
      const { nodes, pageInfo } = data.webhookDeliveries;
      seen.push(...nodes.map(({ id }: { id: string }) => id));
      expect(pageInfo.hasNextPage).toBe(pages < 2);
      cursors.push(pageInfo.endCursor);
    }
    expect(new Set(seen).size).toBe(5);
    const statements = await app.statementsDuring(() => operator(DELIVERIES, { first: 2 }));
    expect(statements.filter((sql) => sql.includes('webhook_deliveries'))).toHaveLength(1);
  });

  test('cost nobody who signs in a statement, and no time of a receiver that is dead', async () => {
    const { app, create } = await createScene();
    const { email } = await app.signUp('ada');
    const signIn = () => app.statementsDuring(() => app.logIn(email, PASSWORD));
    const without = await signIn();
    const stuck = await startWebhookReceiver(() => undefined);
    await create(stuck.url);
    app.app.webhooks.start();
    await signIn();
    const began = performance.now();
    const withOne = await signIn();
    expect(performance.now() - began).toBeLessThan(2000);
    const own = (sql: string) => !/limen\.(webhook|changes)|pg_current_snapshot/.test(sql);
    expect(withOne.filter(own)).toHaveLength(without.filter(own).length);
    await stuck.stop();
  });

  test('hold nothing of a change that was rolled back', async () => {
    const { app, create, deliver, operator } = await createScene();
    const receiver = await startWebhookReceiver();
    await create(receiver.url);
    const ada = await app.signUp('ada');
    await deliver();
    const before = (await listOf(operator)).length;
    const failing = app.database.transaction(async (tx) => {
      await tx.query('delete from auth.users where id = $1', [ada.id]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await deliver();
    expect(await listOf(operator)).toHaveLength(before);
  });
});

describe('freshness', () => {
  test('is told with the bound that holds', async () => {
    const app = await createTestApp({ env: ENV });
    const carry = await createCarrier(app);
    const ada = await app.signUp('ada');
    const { data } = await ada('{ viewer { freshness { source boundSeconds } } }');
    expect(data.viewer.freshness).toEqual(
      MODE === 'supabase'
        ? { source: 'WEBHOOKS', boundSeconds: 3600 }
        : { source: 'DATABASE', boundSeconds: 2 },
    );
    // Behind Limen's back: by somebody at Supabase, or in the database.
    await app.admin.updateUserById(ada.id, { app_metadata: { roles: ['editor'] } });
    const roles = async () => (await ada('{ viewer { roles } }')).data?.viewer.roles;
    if (MODE === 'supabase') expect(await roles()).toEqual([]);
    for (const { status } of await carry()) expect(status).toBe(202);
    await expect.poll(roles).toEqual(['editor']);
    await app.database.query('delete from auth.sessions where user_id = $1', [ada.id]);
    await carry();
    await expect.poll(async () => (await ada('{ viewer { kind } }')).status).toBe(401);
  });
});
