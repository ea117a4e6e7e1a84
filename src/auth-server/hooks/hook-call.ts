/** Asking a hook from within a request: what every hook is told, and what its refusal or failure means to the caller. */
import { randomUUID } from 'node:crypto';
import { HookFailure, type HookName, HookRefusal } from '../../adapters/hooks/hook.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError, type RefusalStatus } from '../protocol/protocol-error.ts';
import { inetOf } from '../sessions/session-row.ts';

/** As hooks are called inside a payload, which is not how their settings spell them. */
const METADATA_NAMES: Record<HookName, string> = {
  custom_access_token: 'customize-access-token',
  send_email: 'send-email',
  send_sms: 'send-sms',
  before_user_created: 'before-user-created',
  after_user_created: 'after-user-created',
  password_verification_attempt: 'password-verification',
  mfa_verification_attempt: 'mfa-verification',
};

/** @param address whose request it is; null where nobody waits for the answer, and for what is no IP address */
export function hookMetadata(name: HookName, time: Date, address: string | null) {
  const ip = address && inetOf(address);
  return { uuid: randomUUID() as string, time, name: METADATA_NAMES[name], ...(ip && { ip_address: ip }) };
}

/**
 * Never inside a transaction: it may take five seconds.
 * @throws {ProtocolError} what the hook says, under the code `unknown` as in Supabase Auth; 504 hook_timeout,
 *   hook_timeout_after_retry; 500 for any other failure
 */
export async function askHook(
  { hooks, clock }: Pick<Services, 'hooks' | 'clock'>,
  { address }: { address: string },
  name: HookName,
  input: object,
): Promise<JsonObject> {
  const metadata = hookMetadata(name, clock(), address);
  try {
    return await hooks.call(name, { metadata, ...input }, metadata.uuid);
  } catch (error) {
    throw protocolErrorOf(error);
  }
}

/**
 * Supabase Auth gives failures 4xx. Here they are 5xx: they are not the caller's, and to auth-js a refresh that is refused with 4xx is
 * the end of the session, so that a hook out of order would sign everybody out.
 */
function protocolErrorOf(error: unknown): unknown {
  if (error instanceof HookRefusal) {
    const { httpCode, message } = error;
    if (httpCode !== null && httpCode >= 400 && httpCode < 500) {
      return new ProtocolError(httpCode as RefusalStatus, 'unknown', message);
    }
    return new ProtocolError(500, 'unexpected_failure', message);
  }
  if (!(error instanceof HookFailure)) return error;
  switch (error.reason) {
    case 'hook_timeout':
      return new ProtocolError(504, error.reason, 'Failed to reach hook within maximum time');
    case 'hook_timeout_after_retry':
      return new ProtocolError(504, error.reason, 'Failed to reach hook after maximum retries');
    case 'hook_payload_over_size_limit':
      return new ProtocolError(500, error.reason, 'Payload size of the hook exceeded the limit');
    case 'hook_payload_invalid_content_type':
      return new ProtocolError(500, error.reason, 'Invalid JSON response of the hook');
    case 'unusable':
      return new ProtocolError(500, 'unexpected_failure', 'Service currently unavailable due to hook');
  }
}
