/** The hooks that are told of each attempt at a password or a second factor, and may refuse it. */
import { createHash } from 'node:crypto';
import type { HookName } from '../../adapters/hooks/hook.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { endSessionsOf } from '../sessions/session-row.ts';
import { askHook } from './hook-call.ts';

export interface PasswordAttempt {
  /** Null where nobody has the address. */
  userId: string | null;
  /** The address, folded. */
  account: string;
  isRight: boolean;
}

export interface FactorAttempt {
  userId: string;
  factorId: string;
  /** As in `auth.mfa_factors`: `totp`, `webauthn`, `phone`, or `recovery_code`. */
  factorType: string;
  isRight: boolean;
}

/**
 * Tells the password verification hook. It is told of addresses that nobody has as well, with an id made of the address: so it counts them,
 * refuses them and takes its time over them as over everybody's, and neither its message nor the clock tells who has an account.
 *
 * @throws {ProtocolError} 400 invalid_credentials with the hook's message; what else the hook says; 504 hook_timeout and its like;
 *   500 where the hook failed and the password was right
 */
export async function judgePasswordAttempt(
  services: Services,
  client: Client,
  { userId, account, isRight }: PasswordAttempt,
): Promise<void> {
  if (!services.hooks.isOn('password_verification_attempt')) return;
  const user_id = userId ?? strangersId(account);
  const input = { user_id, valid: isRight };
  const answer = await askHook(services, client, 'password_verification_attempt', input).catch(
    (error): JsonObject => {
      // A hook may choke on an id that nobody has. What is wrong is refused in any case, and then alike for everybody.
      const hasChoked = error instanceof ProtocolError && error.status === 500;
      if (hasChoked && !isRight) return {};
      throw error;
    },
  );
  if (answer.decision !== 'reject') return;
  if (isTrue(answer.should_logout_user)) await endAllSessions(services, client, user_id);
  throw new ProtocolError(
    400,
    'invalid_credentials',
    messageIn(answer) ?? 'Further password verification attempts will be rejected.',
  );
}

/**
 * Tells the MFA verification hook. A refusal signs the person out everywhere, as in Supabase Auth. To be asked before the code is used up.
 * @throws {ProtocolError} 403 mfa_verification_rejected with the hook's message; what else the hook says; 504 hook_timeout and its like
 */
export async function judgeFactorAttempt(
  services: Services,
  client: Client,
  { userId, factorId, factorType, isRight }: FactorAttempt,
): Promise<void> {
  const name: HookName = 'mfa_verification_attempt';
  if (!services.hooks.isOn(name)) return;
  const answer = await askHook(services, client, name, {
    user_id: userId,
    factor_id: factorId,
    factor_type: factorType,
    valid: isRight,
  });
  if (answer.decision !== 'reject') return;
  await endAllSessions(services, client, userId);
  throw new ProtocolError(
    403,
    'mfa_verification_rejected',
    messageIn(answer) ?? 'Further MFA verification attempts will be rejected.',
  );
}

async function endAllSessions(
  { database, changes }: Services,
  client: Client,
  userId: string,
): Promise<void> {
  const ended = await endSessionsOf(database, client, { userId, exceptId: null, reason: 'refused_by_hook' });
  for (const id of ended) changes.sessionEnded(id);
}

/** Supabase's own guide answers the text `"false"`. */
const isTrue = (flag: unknown) => flag === true || flag === 'true';

const MAX_MESSAGE_CHARACTERS = 500;

function messageIn({ message }: { message?: unknown }): string | null {
  return typeof message === 'string' && message !== '' ? message.slice(0, MAX_MESSAGE_CHARACTERS) : null;
}

/** The same one each time, on every instance. A UUID of version 8 (RFC 9562, 5.8), which no account is given. */
function strangersId(account: string): string {
  const bytes = createHash('sha256').update(`limen:stranger:${account}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
