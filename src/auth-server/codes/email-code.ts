/** `/otp`, `/magiclink` and `/recover`: who asks for a mail, and is told nothing by the answer. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { type JsonObject, optionalObject, optionalText, readBody } from '../protocol/body.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { validationFailed } from '../protocol/protocol-error.ts';
import { redirectTo } from '../protocol/redirect-to.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { admitUnlessRefused } from '../sign-up/admitted-user.ts';
import { insertUser, newUserRow } from '../sign-up/new-user.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { assertMetadataFits } from '../users/user-metadata.ts';
import { type FullUserRow, findUserByEmail } from '../users/user-row.ts';
import { type CodeChallenge, parseCodeChallenge } from './flow-state.ts';
import { mailboxStandsFor, noteOwnerAsked, signUpMetadata, updateUnclaimedProfile } from './mailbox-owner.ts';
import { type MailedLinkType, mailLink, mailNobody } from './mailed-link.ts';
import { sendSignInText } from './phone-sign-in.ts';

export function emailCodeEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .post('/otp', async (call) => sendSignInLink(services, call, await readBody(call.req.raw, SignInBody)))
    .post('/magiclink', async (call) =>
      sendSignInLink(services, call, { ...(await readBody(call.req.raw, SignInBody)), create_user: true }),
    )
    .post('/recover', (call) => sendRecoveryLink(services, call));
}

const Challenge = { code_challenge: optionalText, code_challenge_method: optionalText };

const SignInBody = z.object({
  email: optionalText,
  phone: optionalText,
  create_user: z
    .boolean()
    .nullish()
    .transform((flag) => flag ?? true),
  data: optionalObject,
  ...Challenge,
});

/** Supabase Auth says of an unknown address that sign-ups are not allowed for it; here the answer is one and the same. */
async function sendSignInLink(
  services: Services,
  call: Call,
  body: z.infer<typeof SignInBody>,
): Promise<Response> {
  const { settings, clock } = services;
  if (!body.email) {
    if (body.phone) return sendSignInText(services, call, { ...body, phone: body.phone });
    throw validationFailed('One of email or phone must be set');
  }
  const email = parseEmailAddress(body.email);
  const id = randomUUID();
  const userMetadata = signUpMetadata(id, email, body.data ?? {});
  assertMetadataFits(userMetadata, null);
  const row = newUserRow(
    {
      id,
      email,
      encryptedPassword: null,
      isEmailConfirmed: false,
      isPhoneConfirmed: false,
      userMetadata,
    },
    clock(),
  );
  const newcomer = body.create_user && settings.signupEnabled ? row : null;
  return send(services, call, {
    ...body,
    email,
    type: 'magiclink',
    newcomer,
    profile: row.raw_user_meta_data ?? {},
  });
}

async function sendRecoveryLink(services: Services, call: Call): Promise<Response> {
  const body = await readBody(call.req.raw, z.object({ email: optionalText, ...Challenge }));
  if (!body.email) throw validationFailed('Password recovery requires an email');
  return send(services, call, { ...body, email: parseEmailAddress(body.email), type: 'recovery' });
}

export async function resendSignUpMail(
  services: Services,
  call: Call,
  body: { email?: string | undefined } & Pick<MailRequest, 'code_challenge' | 'code_challenge_method'>,
): Promise<Response> {
  if (!body.email) throw validationFailed('Type provided requires an email address');
  return send(services, call, {
    ...body,
    email: parseEmailAddress(body.email),
    type: 'signup',
    isFor: (user) => user.email_confirmed_at === null,
  });
}

interface MailRequest {
  email: string;
  type: MailedLinkType;
  code_challenge: string | undefined;
  code_challenge_method: string | undefined;
  /** Made where the address has no account; null: nobody is. */
  newcomer?: FullUserRow | null;
  /** What whoever asks for a sign-in says of themselves. */
  profile?: JsonObject;
  /** Who of those with an account is mailed to. */
  isFor?: (user: FullUserRow) => boolean;
}

async function send(services: Services, call: Call, request: MailRequest): Promise<Response> {
  const { database, clock, outbox } = services;
  const { email, type, profile, isFor = () => true } = request;
  const challenge: CodeChallenge | undefined = parseCodeChallenge(
    request.code_challenge,
    request.code_challenge_method,
  );
  const { client } = call.var;
  await countAttempt(services, client, 'send');
  await countSending(services, client, 'mail', email).catch(async (error) => {
    // The mail of a moment ago may be of a stranger's sign-up, and whoever asks its owner.
    if (type !== 'signup') await noteOwnerAsked(database, email, clock());
    throw error;
  });
  const newcomer = request.newcomer ? await admitUnlessRefused(services, client, request.newcomer) : null;
  const link = { type, challenge, redirectTo: redirectTo(call), now: clock() };
  await database.transaction(async (tx: Queryable) => {
    // Also where there is an account, so that the two take as long.
    if (newcomer) await insertUser(tx, newcomer);
    // The mail is this request's, so whoever follows it finds nothing that somebody else wrote before.
    if (profile) await updateUnclaimedProfile(tx, email, profile);
    const user = await findUserByEmail(tx, email);
    const mailed = user && mailboxStandsFor(user) && isFor(user) ? user : null;
    if (mailed) await mailLink(services, tx, mailed, email, link);
    else await mailNobody(services, tx, email, link);
    const details = { type, channel: 'email' } as const;
    await recordEvents(tx, client, { action: 'code.requested', userId: mailed?.id ?? null, details });
  });
  outbox.wake();
  return call.json({});
}
