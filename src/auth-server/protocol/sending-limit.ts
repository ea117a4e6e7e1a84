import type { Client } from './client.ts';
import type { Services } from './endpoint.ts';
import { ProtocolError } from './protocol-error.ts';

const CODES = { mail: 'over_email_send_rate_limit', sms: 'over_sms_send_rate_limit' };

/**
 * Counts something about to be sent, by its recipient and by who asks, and whether or not anybody has the address: nobody's mailbox or phone is filled,
 * and the answer tells nothing.
 *
 * @throws {ProtocolError} 429 over_email_send_rate_limit, over_sms_send_rate_limit
 */
export async function countSending(
  { attempts }: Services,
  { address, isLimited }: Client,
  kind: 'mail' | 'sms',
  recipient: string,
): Promise<void> {
  if (!isLimited) return;
  const wait = await attempts.attempt(kind, { address, account: recipient });
  if (!wait) return;
  const { retryAfterSeconds } = wait;
  const message = `For security purposes, you can only request this after ${retryAfterSeconds} seconds.`;
  throw new ProtocolError(429, CODES[kind], message, { retryAfterSeconds });
}
