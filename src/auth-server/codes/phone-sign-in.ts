/** `POST /otp` with a phone number: who asks for a code, and is told nothing by the answer. */
import type { JsonObject } from '../protocol/body.ts';
import type { Call, Services } from '../protocol/endpoint.ts';
import { phoneProviderDisabled } from '../protocol/protocol-error.ts';
import { newcomerRow } from '../sign-up/newcomer.ts';
import { parsePhone } from '../users/phone-number.ts';
import { sendPhoneCode, sendPhoneCodeToNobody } from './phone-code.ts';
import { requestSignIn } from './sign-in-request.ts';

/** @throws {ProtocolError} 400 phone_provider_disabled, validation_failed, 429 over_sms_send_rate_limit */
export async function sendSignInText(
  services: Services,
  call: Call,
  { phone: given, create_user, data }: { phone: string; create_user: boolean; data?: JsonObject | undefined },
): Promise<Response> {
  const { settings, clock } = services;
  if (!settings.phone.enabled) throw phoneProviderDisabled(400);
  const phone = parsePhone(given);
  const recipient = { by: 'phone', address: phone } as const;
  const row = newcomerRow(recipient, { data }, clock());
  const code = { phone, type: 'magiclink' } as const;
  return requestSignIn(services, call, {
    recipient,
    profile: row.raw_user_meta_data,
    newcomer: create_user && settings.signupEnabled ? row : null,
    details: { type: 'sms', channel: 'sms' },
    send: (tx, user) =>
      user ? sendPhoneCode(services, tx, user, code) : sendPhoneCodeToNobody(services, tx, code),
  });
}
