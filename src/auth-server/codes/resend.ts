/** `POST /resend`: what was sent already, once more and with a new code. The answer tells nothing. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { isWaiting } from '../addresses/address-owner.ts';
import { EMAIL_CHANGE_TOKENS, resendHalf } from '../addresses/email-change.ts';
import { parseCodeChallenge } from '../links/flow-state.ts';
import { mailLink, mailNobody } from '../links/mailed-link.ts';
import { optionalText, readBody } from '../protocol/body.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { phoneProviderDisabled, validationFailed } from '../protocol/protocol-error.ts';
import { redirectTarget } from '../protocol/redirect.ts';
import { redirectTo } from '../protocol/redirect-to.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { parsePhone } from '../users/phone-number.ts';
import { type FullUserRow, findUserByEmail, lockUser } from '../users/user-row.ts';
import { NOBODY } from './nobody.ts';
import type { OneTimeTokenType } from './one-time-token.ts';
import { PHONE_CODES, sendPhoneCode, sendPhoneCodeToNobody } from './phone-code.ts';

const Body = z.object({
  type: z.string(),
  email: optionalText,
  phone: optionalText,
  code_challenge: optionalText,
  code_challenge_method: optionalText,
});
type Body = z.infer<typeof Body>;

export function resendEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/resend', async (call) =>
    resend(services, call, await readBody(call.req.raw, Body)),
  );
}

function resend(services: Services, call: Call, body: Body): Promise<Response> {
  switch (body.type) {
    case 'signup':
      return resendSignUpMail(services, call, body);
    case 'email_change':
      return resendEmailChange(services, call, body);
    case 'sms':
      return resendText(services, call, body, 'signup');
    case 'phone_change':
      return resendText(services, call, body, 'phone_change');
    default:
      throw validationFailed('Missing one of these types: signup, email_change, sms, phone_change');
  }
}

/** For a sign-up that waits. An invitation is not sent again: an administrator may have handed out the one there is. */
async function resendSignUpMail(services: Services, call: Call, body: Body): Promise<Response> {
  if (!body.email) throw validationFailed('Type provided requires an email address');
  const email = parseEmailAddress(body.email);
  const challenge = parseCodeChallenge(body.code_challenge, body.code_challenge_method);
  const { client } = call.var;
  await countAttempt(services, client, 'send');
  await countSending(services, client, 'mail', email);
  const link = { type: 'signup', challenge, redirectTo: redirectTo(call), now: services.clock() } as const;
  await services.database.transaction(async (tx) => {
    const user = await findUserByEmail(tx, email);
    const waiting = user && isWaiting(user, 'email') ? user : null;
    if (waiting) await mailLink(services, tx, waiting, email, link);
    else await mailNobody(services, tx, email, link);
    const details = { type: 'signup', channel: 'email' } as const;
    await recordEvents(tx, client, { action: 'code.requested', userId: waiting?.id ?? null, details });
  });
  services.outbox.wake();
  return call.json({});
}

/** To the address given, whichever of the two it is. What the other one has agreed to stands, and what it was sent still holds. */
async function resendEmailChange(services: Services, call: Call, { email: given }: Body): Promise<Response> {
  if (!given) throw validationFailed('Type provided requires an email address');
  const email = parseEmailAddress(given);
  const { client } = call.var;
  await countAttempt(services, client, 'send');
  await countSending(services, client, 'mail', email);
  const target = redirectTarget(services.settings, redirectTo(call));
  await services.database.transaction(async (tx) => {
    const waiting = await findWaiting(tx, email, EMAIL_CHANGE_TOKENS);
    await resendHalf(services, tx, waiting, email, target);
    const details = { type: 'email_change', channel: 'email' } as const;
    await recordEvents(tx, client, { action: 'code.requested', userId: waiting?.user.id ?? null, details });
  });
  services.outbox.wake();
  return call.json({});
}

async function resendText(
  services: Services,
  call: Call,
  { phone: given }: Body,
  type: 'signup' | 'phone_change',
): Promise<Response> {
  if (!given) throw validationFailed('Type provided requires a phone number');
  if (!services.settings.phone.enabled) throw phoneProviderDisabled(400);
  const phone = parsePhone(given);
  const { client } = call.var;
  await countAttempt(services, client, 'send');
  await countSending(services, client, 'sms', phone);
  await services.database.transaction(async (tx) => {
    const waiting = await findWaiting(tx, phone, [PHONE_CODES[type].stored]);
    // A code to sign in with is asked for anew, not sent again.
    const isWanted = waiting && (type === 'phone_change' || isWaiting(waiting.user, 'phone'));
    if (isWanted) await sendPhoneCode(services, tx, waiting.user, { phone, type });
    else await sendPhoneCodeToNobody(services, tx, { phone, type });
    const userId = isWanted ? waiting.user.id : null;
    const details = { type: type === 'phone_change' ? type : 'sms', channel: 'sms' } as const;
    await recordEvents(tx, client, { action: 'code.requested', userId, details });
  });
  services.outbox.wake();
  return call.json({});
}

/**
 * Who has been sent something there that they have not used, be it too old by now. Several may have been, where strangers ask to change to
 * the address: then nobody can tell whose owner asks, and it could be a stranger's change that they confirm. So nobody is sent anything but
 * whose address it is already; the others ask for the change again.
 */
async function findWaiting(
  tx: Queryable,
  address: string,
  types: readonly OneTimeTokenType[],
): Promise<{ user: FullUserRow; type: OneTimeTokenType } | undefined> {
  const sent = await tx.query<{ user_id: string; token_type: OneTimeTokenType; is_theirs: boolean }>(
    `select user_id, token_type, token_type in ('email_change_token_current', 'confirmation_token') as is_theirs
     from auth.one_time_tokens
     where relates_to = $1 and token_type = any($2::text[]::auth.one_time_token_type[])
     order by is_theirs desc limit 2`,
    [address, types],
  );
  const [first, second] = sent;
  const waiting = first && (first.is_theirs || !second) ? first : undefined;
  const user = await lockUser(tx, waiting?.user_id ?? NOBODY.id);
  return waiting && user && { user, type: waiting.token_type };
}
