/** `POST /otp` with a phone number: who asks for a code, and is told nothing by the answer. */

import { randomUUID } from 'node:crypto';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { JsonObject } from '../protocol/body.ts';
import { type Call, countAttempt, type Services } from '../protocol/endpoint.ts';
import { phoneProviderDisabled } from '../protocol/protocol-error.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { admitUnlessRefused } from '../sign-up/admitted-user.ts';
import { insertUser, newUserRow } from '../sign-up/new-user.ts';
import { parsePhone } from '../users/phone-number.ts';
import { assertMetadataFits } from '../users/user-metadata.ts';
import { findUserByPhone } from '../users/user-row.ts';
import { sendPhoneCode, sendPhoneCodeToNobody } from './phone-code.ts';
import { phoneSignUpMetadata, phoneStandsFor } from './phone-owner.ts';

/** @throws {ProtocolError} 400 phone_provider_disabled, validation_failed, 429 over_sms_send_rate_limit */
export async function sendSignInText(
  services: Services,
  call: Call,
  body: { phone: string; create_user: boolean; data?: JsonObject | undefined },
): Promise<Response> {
  const { settings, database, clock, outbox } = services;
  if (!settings.phone.enabled) throw phoneProviderDisabled(400);
  const phone = parsePhone(body.phone);
  const id = randomUUID();
  const userMetadata = phoneSignUpMetadata(id, phone, body.data ?? {});
  assertMetadataFits(userMetadata, null);
  const { client } = call.var;
  await countAttempt(services, client, 'send');
  const now = clock();
  // Whoever signed up with the number and a password may be a stranger who waits for its owner: the code must not make it theirs, neither
  // this one nor, where it is too early for this one, the one of a moment ago. What an administrator has made is no stranger's (`isSignedUp`).
  await database.query(
    `update auth.users set encrypted_password = null, updated_at = $2,
       raw_user_meta_data = $3::jsonb || jsonb_build_object('sub', id)
     where phone = $1 and confirmed_at is null and last_sign_in_at is null and encrypted_password is not null
       and invited_at is null and raw_user_meta_data ? 'sub'`,
    [phone, now, userMetadata],
  );
  await countSending(services, client, 'sms', phone);
  const newUser = newUserRow(
    { id, phone, encryptedPassword: null, isEmailConfirmed: false, isPhoneConfirmed: false, userMetadata },
    now,
  );
  const mayMake = body.create_user && settings.signupEnabled;
  const newcomer = mayMake ? await admitUnlessRefused(services, client, newUser) : null;
  await database.transaction(async (tx) => {
    // Also where there is an account, so that the two take as long.
    if (newcomer) await insertUser(tx, newcomer);
    const user = await findUserByPhone(tx, phone);
    const code = { phone, type: 'magiclink' } as const;
    const texted = user && phoneStandsFor(user) ? user : null;
    if (texted) await sendPhoneCode(services, tx, texted, code);
    else await sendPhoneCodeToNobody(services, tx, code);
    const details = { type: 'sms', channel: 'sms' } as const;
    await recordEvents(tx, client, { action: 'code.requested', userId: texted?.id ?? null, details });
  });
  outbox.wake();
  return call.json({});
}
