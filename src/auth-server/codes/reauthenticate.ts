/** `GET /reauthenticate`: a code by mail that stands for the current password, for a session that is old or borrowed. */
import { recordEvents } from '../../adapters/postgres/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { type Bearer, requirePerson } from '../protocol/bearer.ts';
import type { Client } from '../protocol/client.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  forgiveAttempt,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { ProtocolError, validationFailed } from '../protocol/protocol-error.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { localeOf } from '../users/person-locale.ts';
import { forgetGuesses, mayGuess } from './code-guesses.ts';
import { newToken, spendToken, storeToken } from './one-time-token.ts';

const TYPE = 'reauthentication_token';

export function reauthenticateEndpoints(services: Services): Endpoints {
  return newEndpoints().get('/reauthenticate', (call) => reauthenticate(services, call));
}

async function reauthenticate(services: Services, call: Call): Promise<Response> {
  const { database, clock, settings, outbox } = services;
  const { user } = await requirePerson(services, call.req.raw);
  const { email } = user;
  if (!email) {
    throw validationFailed('Reauthentication requires the user to have an email or a phone number');
  }
  if (!user.email_confirmed_at)
    throw new ProtocolError(422, 'email_not_confirmed', 'Please verify your email first.');
  const { client } = call.var;
  await countAttempt(services, client, 'send');
  await countSending(services, client, 'mail', email);
  const now = clock();
  const { token, code } = newToken({ digits: settings.codes.length });
  await database.transaction(async (tx) => {
    await storeToken(tx, { userId: user.id, type: TYPE, address: email, token, now });
    await forgetGuesses(tx, email);
    await outbox.add(tx, {
      channel: 'email',
      template: 'reauthentication',
      to: email,
      userId: user.id,
      locale: localeOf(user),
      code,
      // A link would be a way to confirm what one did not begin.
      tokenHash: null,
      link: null,
      redirectTo: null,
      data: {},
    });
    const details = { type: 'reauthentication', channel: 'email' } as const;
    await recordEvents(tx, client, { action: 'code.requested', userId: user.id, details });
  });
  outbox.wake();
  return call.json({});
}

/** How old a session may be to set a password without a code, where the setting asks for one. */
const MAX_SESSION_AGE_MS = 24 * 3_600_000;

/** @throws {ProtocolError} 400 reauthentication_needed */
export function assertNonceGiven(
  { settings, clock }: Services,
  sessionCreatedAt: Date,
  nonce: string | null | undefined,
): void {
  if (!settings.codes.requireReauthentication || nonce) return;
  if (clock().getTime() - sessionCreatedAt.getTime() < MAX_SESSION_AGE_MS) return;
  throw new ProtocolError(400, 'reauthentication_needed', 'Password update requires reauthentication');
}

/** Counts a guess at the code, before anything else is done. @throws {ProtocolError} 422 reauthentication_not_valid, 429 */
export async function countNonce(services: Services, client: Client, { user }: Bearer): Promise<void> {
  const address = user.email ?? user.id;
  await countAttempt(services, client, 'verify', address);
  const { database, clock, settings } = services;
  if (!(await mayGuess(database, address, clock(), settings.codes.ttlSeconds))) throw notValid();
}

/** Uses the code up, in the transaction that does what it was asked for. @throws {ProtocolError} 422 reauthentication_not_valid */
export async function spendNonce(
  services: Services,
  tx: Queryable,
  { user }: Bearer,
  nonce: string,
): Promise<void> {
  const { codes } = services.settings;
  const address = user.email ?? user.id;
  const sentAfter = new Date(services.clock().getTime() - codes.ttlSeconds * 1000);
  const presented = { address, code: nonce.replace(/\s/g, ''), digits: codes.length };
  const spent = await spendToken(tx, presented, { types: [TYPE], sentAfter });
  if (spent?.userId !== user.id) throw notValid();
  await forgetGuesses(tx, address);
}

export const forgiveNonce = (services: Services, client: Client, { user }: Bearer) =>
  forgiveAttempt(services, client, 'verify', user.email ?? user.id);

const notValid = () =>
  new ProtocolError(422, 'reauthentication_not_valid', 'Nonce has expired or is invalid');
