import { z } from 'zod';
import { parseCodeChallenge } from '../links/flow-state.ts';
import { optionalObject, optionalText, readBody } from '../protocol/body.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { ProtocolError, phoneProviderDisabled, validationFailed } from '../protocol/protocol-error.ts';
import { redirectTo } from '../protocol/redirect-to.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { parsePhone } from '../users/phone-number.ts';
import { signUpAnonymously } from './anonymous.ts';
import { signUpConfirmed } from './sign-up-confirmed.ts';
import { signUpMail, signUpText } from './sign-up-message.ts';
import { signUpUnconfirmed } from './sign-up-unconfirmed.ts';

const Body = z.object({
  email: optionalText,
  phone: optionalText,
  password: optionalText,
  data: optionalObject,
  code_challenge: optionalText,
  code_challenge_method: optionalText,
});
type Body = z.infer<typeof Body>;

export function signupEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/signup', (call) => signUp(services, call));
}

async function signUp(services: Services, call: Call): Promise<Response> {
  const body = await readBody(call.req.raw, Body);
  if (!services.settings.signupEnabled) {
    throw new ProtocolError(422, 'signup_disabled', 'Signups not allowed for this instance');
  }
  if (body.email) return signUpByMail(services, call, body.email, body);
  if (body.phone) return signUpByPhone(services, call, body.phone, body);
  return signUpAnonymously(services, call, body.data ?? {});
}

async function signUpByMail(services: Services, call: Call, email: string, body: Body): Promise<Response> {
  const password = passwordIn(body);
  const address = parseEmailAddress(email);
  const form = { recipient: { by: 'email', address }, password, data: body.data } as const;
  if (!services.settings.emailConfirmation) return signUpConfirmed(services, call, form);
  const challenge = parseCodeChallenge(body.code_challenge, body.code_challenge_method);
  const link = { type: 'signup', challenge, redirectTo: redirectTo(call), now: services.clock() } as const;
  return signUpUnconfirmed(services, call, form, signUpMail(services, address, link));
}

async function signUpByPhone(services: Services, call: Call, phone: string, body: Body): Promise<Response> {
  const { enabled, autoconfirm } = services.settings.phone;
  if (!enabled) throw phoneProviderDisabled(400);
  const password = passwordIn(body);
  const address = parsePhone(phone);
  const form = { recipient: { by: 'phone', address }, password, data: body.data } as const;
  if (autoconfirm) return signUpConfirmed(services, call, form);
  return signUpUnconfirmed(services, call, form, signUpText(services, address));
}

/** @throws {ProtocolError} 400 validation_failed */
function passwordIn({ password }: Body): string {
  if (!password) throw validationFailed('Signup requires a valid password');
  return password;
}
