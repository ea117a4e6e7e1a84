/** `POST /admin/generate_link`: what a mail would hold, for an administrator who sends it by other means. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { assertFree, EMAIL_CHANGE, EMAIL_CHANGE_TOKENS, setPending } from '../addresses/email-change.ts';
import { forgetGuesses } from '../codes/code-guesses.ts';
import { dropTokens, newToken, type OneTimeTokenType, storeToken } from '../codes/one-time-token.ts';
import { actionLink, type LinkVerification } from '../links/action-link.ts';
import { requireAdmin } from '../protocol/bearer.ts';
import { optionalObject, optionalText, readBody } from '../protocol/body.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { conflict, ProtocolError, validationFailed } from '../protocol/protocol-error.ts';
import { redirectTarget } from '../protocol/redirect.ts';
import { type AdmittedUser, admitUser } from '../sign-up/admitted-user.ts';
import { claimAccount } from '../sign-up/claim.ts';
import { insertUser } from '../sign-up/new-user.ts';
import { newcomerRow } from '../sign-up/newcomer.ts';
import { passwordHashOf } from '../users/admin-user-body.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import {
  type FullUserRow,
  findUserByEmail,
  findUserById,
  fullUserJson,
  lockUser,
} from '../users/user-row.ts';
import { findUnused, newInvitee, prepareInvitee } from './invitation.ts';

const Body = z.object({
  type: z.enum(['signup', 'invite', 'magiclink', 'recovery', 'email_change_current', 'email_change_new']),
  email: z.string().transform((email) => parseEmailAddress(email)),
  new_email: optionalText.transform((email) => email && parseEmailAddress(email)),
  password: optionalText,
  data: optionalObject.transform((data) => data ?? {}),
  redirect_to: optionalText,
});
type Body = z.infer<typeof Body>;

/** What is made of a request, beside the row of its person. */
interface Made {
  userId: string;
  token: string;
  code: string;
  /** As the link says it. */
  verification: LinkVerification;
  /** As the answer says it: the kind asked for, or the one it had to become. */
  type: Body['type'];
}

export function generateLinkEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/admin/generate_link', (call) => generateLink(services, call));
}

async function generateLink(services: Services, call: Call): Promise<Response> {
  const { database, settings, changes } = services;
  await requireAdmin(services, call.req.raw);
  const body = await readBody(call.req.raw, Body);
  const redirectTo = redirectTarget(settings, call.req.query('redirect_to') ?? body.redirect_to);
  const hash = await passwordHashOf(
    services,
    { password: body.password, password_hash: undefined },
    body.email,
  );
  const newcomer = await newcomerOf(services, call, body, hash ?? null);
  const { made, user } = await database.transaction(async (tx) => {
    const made = await make(services, tx, body, newcomer);
    const details = { type: made.type };
    await recordEvents(tx, call.var.client, { action: 'link.generated', userId: made.userId, details });
    const user = await findUserById(tx, made.userId);
    if (!user) throw conflict();
    return { made, user };
  });
  changes.userChanged(user.id);
  return call.json({
    ...fullUserJson(user),
    action_link: actionLink(settings, { token: made.token, type: made.verification, redirectTo }),
    email_otp: made.code,
    hashed_token: made.token,
    verification_type: made.type,
    redirect_to: redirectTo,
  });
}

/** The account that the link is for, where it may have to be made. @throws {ProtocolError} 400 validation_failed, and what the hook says */
async function newcomerOf(
  services: Services,
  call: Call,
  { type, email, data }: Body,
  hash: string | null,
): Promise<AdmittedUser | null> {
  const now = services.clock();
  if (type === 'signup' && !hash) throw validationFailed('Signup requires a valid password');
  const { client } = call.var;
  if (type === 'invite') return admitUser(services, client, newInvitee({ email, data, now }), 'user.invited');
  // For an address that nobody has a magic link becomes a sign-up without a password.
  const isSignup =
    type === 'signup' || (type === 'magiclink' && !(await findUserByEmail(services.database, email)));
  if (!isSignup) return null;
  const row = newcomerRow({ by: 'email', address: email }, { data }, now);
  const encrypted_password = type === 'signup' ? hash : null;
  return admitUser(services, client, { ...row, encrypted_password }, 'user.created');
}

async function make(
  services: Services,
  tx: Queryable,
  body: Body,
  newcomer: AdmittedUser | null,
): Promise<Made> {
  switch (body.type) {
    case 'invite':
      return give(services, tx, await prepareInvitee(tx, expected(newcomer)), {
        stored: 'confirmation_token',
        verification: 'invite',
        type: 'invite',
      });
    case 'signup':
      return makeSignup(services, tx, expected(newcomer));
    case 'magiclink':
    case 'recovery':
      return makeSignIn(services, tx, { email: body.email, type: body.type }, newcomer);
    default:
      return makeEmailChange(services, tx, body, body.type === 'email_change_new' ? 'new' : 'current');
  }
}

/** @throws {ProtocolError} 409 conflict, where somebody else changed in between who has the address */
function expected(newcomer: AdmittedUser | null): AdmittedUser {
  if (!newcomer) throw conflict();
  return newcomer;
}

/** @throws {ProtocolError} 422 email_exists, unless nobody has confirmed the address */
async function makeSignup(services: Services, tx: Queryable, newcomer: AdmittedUser): Promise<Made> {
  const link = { stored: 'confirmation_token', verification: 'signup', type: 'signup' } as const;
  if (await insertUser(tx, newcomer)) return give(services, tx, newcomer, link);
  // Whoever signed up with it first may not be its owner: what the administrator says replaces what they did.
  const user = await findUnused(tx, newcomer.email ?? '');
  await tx.query(
    `update auth.users set encrypted_password = $2, raw_user_meta_data = $3::jsonb, updated_at = $4 where id = $1`,
    [
      user.id,
      newcomer.encrypted_password,
      { ...newcomer.raw_user_meta_data, sub: user.id },
      newcomer.created_at,
    ],
  );
  return give(services, tx, user, link);
}

/** @throws {ProtocolError} 404 user_not_found */
async function makeSignIn(
  services: Services,
  tx: Queryable,
  { email, type }: { email: string; type: 'magiclink' | 'recovery' },
  newcomer: AdmittedUser | null,
): Promise<Made> {
  // Whoever gets it by the administrator may be the owner of what a stranger has signed up.
  const user = await claimAccount(tx, null, { by: 'email', address: email }, services.clock());
  if (user) return give(services, tx, user, { stored: 'recovery_token', verification: type, type });
  if (type === 'recovery') throw userNotFound();
  return makeSignup(services, tx, expected(newcomer));
}

/** Keeps the other half of the same change: an administrator asks for the two one by one. */
async function makeEmailChange(
  services: Services,
  tx: Queryable,
  body: Body,
  half: 'current' | 'new',
): Promise<Made> {
  const { new_email: email } = body;
  if (half === 'current' && !services.settings.secureEmailChange) {
    throw validationFailed('Enable secure email change to generate link for current email');
  }
  if (!email) throw validationFailed('An email address is required to change to');
  const known = await findUserByEmail(tx, body.email);
  const user = known && (await lockUser(tx, known.id));
  if (!user) throw userNotFound();
  await assertFree(tx, email);
  const isAnotherChange = user.email_change !== email || user.email_change_confirm_status !== 0;
  if (isAnotherChange) await dropTokens(tx, user.id, EMAIL_CHANGE_TOKENS);
  await setPending(tx, user.id, email, services.clock());
  return give(services, tx, user, {
    stored: `email_change_token_${half}`,
    verification: EMAIL_CHANGE,
    type: `email_change_${half}`,
    address: half === 'new' ? email : body.email,
  });
}

interface Gift extends Pick<Made, 'verification' | 'type'> {
  stored: OneTimeTokenType;
  /** What the token stands for, where it is not the address of the account. */
  address?: string;
}

async function give(
  { settings, clock }: Services,
  tx: Queryable,
  user: FullUserRow,
  { stored, verification, type, address = user.email ?? '' }: Gift,
): Promise<Made> {
  // Tokens of a change have a type of their own, and so no purpose beside it.
  const purpose = verification === EMAIL_CHANGE ? '' : verification;
  const { token, code } = newToken({ digits: settings.codes.length, purpose });
  await storeToken(tx, { userId: user.id, type: stored, address, token, purpose, now: clock() });
  await forgetGuesses(tx, address);
  return { userId: user.id, token, code, verification, type };
}

const userNotFound = () => new ProtocolError(404, 'user_not_found', 'User with this email not found');
