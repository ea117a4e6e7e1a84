/** `/verify`: codes and links come back. */
import { z } from 'zod';
import { isForm, openLink, submitLink } from '../links/link.ts';
import { optionalText, readBody } from '../protocol/body.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  forgiveAttempt,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { validationFailed } from '../protocol/protocol-error.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { foldEmailAddress } from '../users/email-address.ts';
import { parsePhone } from '../users/phone-number.ts';
import type { Presented } from './one-time-token.ts';
import { codesBy, type Verification, verify } from './verification.ts';
import { verificationOf } from './verifications.ts';

export function verifyEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/verify', (call) => openLink(services, call))
    .post('/verify', (call) =>
      isForm(call.req.raw) ? submitLink(services, call) : verifyCode(services, call),
    );
}

const Body = z.object({
  type: z.string().min(1),
  token: optionalText,
  email: optionalText,
  phone: optionalText,
  token_hash: optionalText,
});

async function verifyCode(services: Services, call: Call): Promise<Response> {
  const body = await readBody(call.req.raw, Body);
  const verification = verificationOf(body.type, body.phone ? 'phone' : 'email');
  if (!verification) throw validationFailed('Invalid email verification type');
  const presented = presentedBy(services, verification, body);
  const account = 'address' in presented ? presented.address : undefined;
  const { client } = call.var;
  await countAttempt(services, client, 'verify', account);
  const verified = await verify(services, client, verification, presented, { leadsToCode: false });
  if (account) await forgiveAttempt(services, client, 'verify', account);
  if (verified.kind === 'session') return answerSession(services, call, verified.grant);
  if (verified.kind === 'message') return call.json({ msg: verified.message, code: '200' });
  throw new Error('A code was issued where none was asked for.');
}

function presentedBy(
  { settings }: Services,
  { by }: Verification,
  { token, email, phone, token_hash }: z.infer<typeof Body>,
): Presented {
  if (token_hash) {
    if (token || email || phone) throw validationFailed('Only the token_hash and type should be provided');
    return { token: token_hash };
  }
  if (!token) throw validationFailed('Verify requires a token or a token hash');
  const address = by === 'phone' ? phone && parsePhone(phone) : email && foldEmailAddress(email);
  if (!address) throw validationFailed('Only an email address or phone number should be provided on verify');
  return { address, code: token, digits: codesBy(settings, by).length };
}
