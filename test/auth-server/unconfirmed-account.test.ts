/** Addresses and numbers that nobody has confirmed: what is said of them may be a stranger's. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { argon2 } from '../../src/adapters/passwords/argon2.ts';
import { bcrypt } from '../../src/adapters/passwords/bcrypt.ts';
import { startHookReceiver } from '../support/hook-receiver.ts';
import { DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

const phone = { enabled: true, autoconfirm: false, codeTtlSeconds: 60, codeLength: 6 };
const settings = { emailConfirmation: true, phone };
const STRANGERS_PASSWORD = 'the password of a stranger';
const ADA = { display_name: 'Ada' };
const EVE = { display_name: 'Eve' };

let lastNumber = 41_790_200_000;
const CHANNELS = [
  { by: 'email', newRecipient: () => newAddress(), signInType: 'magiclink' },
  { by: 'phone', newRecipient: () => String(++lastNumber), signInType: 'sms' },
] as const;

describe.each(DATABASES)('on %s', (kind) => {
  let auth: TestServer;
  let limited: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, { settings });
    limited = await openAuthServer(kind, { settings, limited: true });
  });
  afterAll(async () => {
    await auth.close();
    await limited.close();
  });

  describe.each(CHANNELS)(
    'an account that nobody has confirmed, by $by',
    ({ by, newRecipient, signInType }) => {
      type Asking = Pick<TestServer, 'ask'>;
      const signUp = (to: string, password: string, data: object, { ask }: Asking = auth) =>
        ask('/signup', { json: { [by]: to, password, data } });
      const askForCode = (to: string, data?: object, { ask }: Asking = auth) =>
        ask('/otp', { json: { [by]: to, data } });

      /** What the owner finds, who gives the code that came last. */
      async function confirm(to: string, type: string, server: TestServer = auth) {
        const [message] = await server.messagesTo(to);
        const json = { type, [by]: to, token: message?.code };
        const { status, body } = await server.ask('/verify', { json });
        expect(status).toBe(200);
        const passwords = await Promise.all(
          [PASSWORD, STRANGERS_PASSWORD].map(async (password) => {
            const signedIn = await server.ask('/token?grant_type=password', { json: { [by]: to, password } });
            return signedIn.status === 200 ? password : null;
          }),
        );
        return {
          name: body.user.user_metadata.display_name,
          password: passwords.find(Boolean),
          userMetadata: body.user.user_metadata,
        };
      }

      test('keeps what was said of it, however often the same was said', async () => {
        const [byPassword, byCode] = [newRecipient(), newRecipient()];
        await signUp(byPassword, PASSWORD, ADA);
        await signUp(byPassword, PASSWORD, ADA);
        const signUpType = by === 'email' ? 'signup' : 'sms';
        expect(await confirm(byPassword, signUpType)).toMatchObject({ name: 'Ada', password: PASSWORD });
        await askForCode(byCode, ADA);
        await askForCode(byCode, { ...ADA, nothing: null });
        expect(await confirm(byCode, signInType)).toMatchObject({ name: 'Ada' });
      });

      test.each([
        ['two sign-ups', 'signup', (to: string) => signUp(to, PASSWORD, ADA)],
        ['a sign-up and the wish to sign in', signInType, (to: string) => askForCode(to, ADA)],
      ])('keeps nothing of either where %s say different things', async (_what, type, owner) => {
        const stranger = (to: string) => signUp(to, STRANGERS_PASSWORD, EVE);
        for (const requests of [
          [stranger, owner],
          [owner, stranger],
          [owner, stranger, owner],
        ]) {
          const to = newRecipient();
          for (const request of requests) await request(to);
          // Whoever asked last has sent the code.
          const shown = requests.at(-1) === stranger ? 'signup' : type;
          const found = await confirm(to, shown);
          expect(found).toMatchObject({ name: undefined, password: undefined });
          expect(found.userMetadata).toMatchObject({ [by]: to, sub: expect.any(String) });
        }
      });

      test('keeps no profile where two ask for a code and say different things', async () => {
        for (const [first, second] of [
          [EVE, ADA],
          [ADA, EVE],
          [EVE, undefined],
          [undefined, EVE],
        ]) {
          const to = newRecipient();
          await askForCode(to, first);
          await askForCode(to, second);
          expect((await confirm(to, signInType)).name).toBeUndefined();
        }
      });

      test('gets nothing from a request that comes too early, and keeps nothing that it disputes', async () => {
        const ownersFirst = newRecipient();
        await askForCode(ownersFirst, ADA, limited);
        for (const early of [
          askForCode(ownersFirst, EVE, limited),
          signUp(ownersFirst, STRANGERS_PASSWORD, EVE, limited),
        ]) {
          expect((await early).status).toBe(429);
        }
        expect((await confirm(ownersFirst, signInType, limited)).name).toBeUndefined();

        const strangersFirst = newRecipient();
        await signUp(strangersFirst, STRANGERS_PASSWORD, EVE, limited);
        expect((await askForCode(strangersFirst, ADA, limited)).status).toBe(429);
        expect(await confirm(strangersFirst, 'signup', limited)).toMatchObject({
          name: undefined,
          password: undefined,
        });
      });

      test('keeps what was said of it, where the same comes again too early', async () => {
        const to = newRecipient();
        await signUp(to, PASSWORD, ADA, limited);
        expect((await signUp(to, PASSWORD, ADA, limited)).status).toBe(429);
        expect(await confirm(to, 'signup', limited)).toMatchObject({ name: 'Ada', password: PASSWORD });
      });

      test('costs one hash to sign up with, as any other and as none, whatever the password is and was', async () => {
        const decomposed = 'Zu\u0308rich is a fine password';
        const [free, pending, known, imported] = [1, 2, 3, 4].map(() => newRecipient());
        await signUp(pending!, PASSWORD, ADA);
        await signUp(known!, PASSWORD, ADA);
        await confirm(known!, by === 'email' ? 'signup' : 'sms');
        const password_hash = await bcrypt.hash(PASSWORD);
        const json = { [by]: imported, password_hash, [`${by}_confirm`]: true };
        await auth.ask('/admin/users', { json, token: auth.serviceKey });
        const work = [argon2, bcrypt].flatMap((scheme) => [
          vi.spyOn(scheme, 'hash'),
          vi.spyOn(scheme, 'verify'),
        ]);
        const counts: number[][] = [];
        for (const to of [free, pending, known, imported]) {
          for (const spy of work) spy.mockClear();
          expect((await signUp(to!, decomposed, EVE)).status).toBe(200);
          const [hashed = 0, verified = 0, ...others] = work.map((spy) => spy.mock.calls.length);
          counts.push([hashed + verified, ...others]);
        }
        for (const spy of work) spy.mockRestore();
        expect(counts).toEqual(Array(4).fill([1, 0, 0]));
      });

      test('keeps what was said of it by a form that was sent twice at once', async () => {
        for (const server of [auth, limited]) {
          const to = newRecipient();
          const twice = await Promise.all([
            signUp(to, PASSWORD, ADA, server),
            signUp(to, PASSWORD, ADA, server),
          ]);
          expect(twice.map(({ status }) => status).sort()).toEqual(server === auth ? [200, 200] : [200, 429]);
          expect(await confirm(to, 'signup', server)).toMatchObject({ name: 'Ada', password: PASSWORD });
        }
      });

      test.each([
        ['stranger', 'signs up', false],
        ['stranger', 'signs up', true],
        ['owner', 'asks for a code', false],
        ['owner', 'asks for a code', true],
      ])(
        'is decided on when it is written, however long the hook thinks about a %s who %s (limited: %s)',
        async (who, _does, isLimited) => {
          const server = isLimited ? limited : auth;
          const hook = await startHookReceiver();
          const [thinking, decided] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
          hook.behaves(async ({ payload }) => {
            const { display_name: name } = payload.user.user_metadata;
            if ((name === 'Eve') !== (who === 'stranger')) return {};
            thinking.resolve();
            await decided.promise;
            return {};
          });
          const hooked = server.withHooks({ before_user_created: hook.target });
          const to = newRecipient();
          const stranger = () => signUp(to, STRANGERS_PASSWORD, EVE, hooked);
          const owner = () => askForCode(to, ADA, hooked);
          const [slow, quick] = who === 'stranger' ? [stranger, owner] : [owner, stranger];
          const waiting = slow();
          await thinking.promise;
          expect((await quick()).status).toBe(200);
          decided.resolve();
          expect((await waiting).status).toBe(isLimited ? 429 : 200);
          const isLastASignUp = (who === 'stranger') !== isLimited;
          const found = await confirm(to, isLastASignUp ? 'signup' : signInType, server);
          expect(found).toMatchObject({ name: undefined, password: undefined });
        },
      );
    },
  );
});
