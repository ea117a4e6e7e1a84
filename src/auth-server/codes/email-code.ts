/** `/otp`, `/magiclink` and `/recover`: who asks for a mail, and is told nothing by the answer. */
import { z } from 'zod';
import { parseCodeChallenge } from '../links/flow-state.ts';
import { type MailedLinkType, mailLink, mailNobody } from '../links/mailed-link.ts';
import { optionalObject, optionalText, readBody } from '../protocol/body.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { validationFailed } from '../protocol/protocol-error.ts';
import { redirectTo } from '../protocol/redirect-to.ts';
import { newcomerRow } from '../sign-up/newcomer.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { sendSignInText } from './phone-sign-in.ts';
import { requestSignIn, type SignInRequest } from './sign-in-request.ts';

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
  const recipient = { by: 'email', address: parseEmailAddress(body.email) } as const;
  const row = newcomerRow(recipient, { data: body.data }, clock());
  return requestSignIn(services, call, {
    recipient,
    profile: row.raw_user_meta_data,
    newcomer: body.create_user && settings.signupEnabled ? row : null,
    ...byMail(services, call, recipient.address, 'magiclink', body),
  });
}

async function sendRecoveryLink(services: Services, call: Call): Promise<Response> {
  const body = await readBody(call.req.raw, z.object({ email: optionalText, ...Challenge }));
  if (!body.email) throw validationFailed('Password recovery requires an email');
  const recipient = { by: 'email', address: parseEmailAddress(body.email) } as const;
  return requestSignIn(services, call, {
    recipient,
    profile: null,
    newcomer: null,
    ...byMail(services, call, recipient.address, 'recovery', body),
  });
}

function byMail(
  services: Services,
  call: Call,
  email: string,
  type: MailedLinkType,
  body: { code_challenge?: string | undefined; code_challenge_method?: string | undefined },
): Pick<SignInRequest, 'details' | 'send'> {
  const challenge = parseCodeChallenge(body.code_challenge, body.code_challenge_method);
  const link = { type, challenge, redirectTo: redirectTo(call), now: services.clock() };
  return {
    details: { type, channel: 'email' },
    send: (tx, user) =>
      user ? mailLink(services, tx, user, email, link) : mailNobody(services, tx, email, link),
  };
}
