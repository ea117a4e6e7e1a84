/** `GET /reauthenticate`: a code, by mail or to somebody without an address by text message, that stands for the current password, for a session that is old or borrowed. */
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { type Recipient, recipientOf } from '../addresses/recipient.ts';
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
import { ProtocolError, phoneProviderDisabled, validationFailed } from '../protocol/protocol-error.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { localeOf } from '../users/person-locale.ts';
import { forgetGuesses, mayGuess } from './code-guesses.ts';
import { type Accepted, newToken, spendToken, storeToken } from './one-time-token.ts';
import { codesBy } from './verification.ts';

const TYPE = 'reauthentication_token';

export function reauthenticateEndpoints(services: Services): Endpoints {
  return newEndpoints().get('/reauthenticate', (call) => reauthenticate(services, call));
}

async function reauthenticate(services: Services, call: Call): Promise<Response> {
  const { database, clock, settings, outbox } = services;
  const { user } = await requirePerson(services, call.req.raw);
  const { by, address } = recipientOf(user);
  if (!user.email && !user.phone) {
    throw validationFailed('Reauthentication requires the user to have an email or a phone number');
  }
  assertConfirmed(user);
  if (by === 'phone' && !settings.phone.enabled) throw phoneProviderDisabled(422);
  const { client } = call.var;
  await countAttempt(services, client, 'send');
  await countSending(services, client, by === 'email' ? 'mail' : 'sms', address);
  const now = clock();
  const { token, code } = newToken({ digits: codesBy(settings, by).length });
  const message = { to: address, userId: user.id, locale: localeOf(user), code };
  await database.transaction(async (tx) => {
    await storeToken(tx, { userId: user.id, type: TYPE, address, token, now });
    await forgetGuesses(tx, address);
    await outbox.add(
      tx,
      by === 'phone'
        ? { channel: 'sms', template: 'phone-code', ...message }
        : // A link would be a way to confirm what one did not begin.
          {
            channel: 'email',
            template: 'reauthentication',
            ...message,
            tokenHash: null,
            link: null,
            redirectTo: null,
            data: {},
          },
    );
    const details = { type: 'reauthentication', channel: by === 'email' ? 'email' : 'sms' } as const;
    await recordEvents(tx, client, { action: 'code.requested', userId: user.id, details });
  });
  outbox.wake();
  return call.json({});
}

/** @throws {ProtocolError} 422 email_not_confirmed, phone_not_confirmed */
function assertConfirmed(user: Bearer['user']): void {
  if (user.email && !user.email_confirmed_at) {
    throw new ProtocolError(422, 'email_not_confirmed', 'Please verify your email first.');
  }
  if (!user.email && !user.phone_confirmed_at) {
    throw new ProtocolError(422, 'phone_not_confirmed', 'Please verify your phone first.');
  }
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
  const { by, address } = recipientOf(user);
  await countAttempt(services, client, 'verify', address);
  const { database, clock } = services;
  const { ttlSeconds } = codesBy(services.settings, by);
  if (!(await mayGuess(database, address, accepted(services, by), clock(), ttlSeconds))) throw notValid();
}

/** Uses the code up, in the transaction that does what it was asked for. @throws {ProtocolError} 422 reauthentication_not_valid */
export async function spendNonce(
  services: Services,
  tx: Queryable,
  { user }: Bearer,
  nonce: string,
): Promise<void> {
  const { by, address } = recipientOf(user);
  const { length: digits } = codesBy(services.settings, by);
  const presented = { address, code: nonce.replace(/\s/g, ''), digits };
  const spent = await spendToken(tx, presented, accepted(services, by));
  if (spent?.userId !== user.id) throw notValid();
  await forgetGuesses(tx, address);
}

const accepted = ({ settings, clock }: Services, by: Recipient['by']): Accepted => ({
  types: [TYPE],
  purposes: [''],
  sentAfter: new Date(clock().getTime() - codesBy(settings, by).ttlSeconds * 1000),
});

export const forgiveNonce = (services: Services, client: Client, { user }: Bearer) =>
  forgiveAttempt(services, client, 'verify', recipientOf(user).address);

const notValid = () =>
  new ProtocolError(422, 'reauthentication_not_valid', 'Nonce has expired or is invalid');
