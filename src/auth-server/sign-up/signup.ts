import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { signUpMetadata } from '../codes/mailbox-owner.ts';
import { optionalObject, optionalText, readBody } from '../protocol/body.ts';
import { attempting, type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { ProtocolError, validationFailed } from '../protocol/protocol-error.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { signIn } from '../sessions/sign-in.ts';
import { parseEmailAddress } from '../users/email-address.ts';
import { assertMetadataFits } from '../users/user-metadata.ts';
import { type AdmittedUser, admitUser } from './admitted-user.ts';
import { signUpAnonymously } from './anonymous.ts';
import { insertUser, newUserRow } from './new-user.ts';
import { signUpByPhone } from './phone-signup.ts';
import { assertStrongPassword, signUpUnconfirmed } from './sign-up-unconfirmed.ts';

const Body = z.object({
  email: optionalText,
  phone: optionalText,
  password: optionalText,
  data: optionalObject,
  code_challenge: optionalText,
  code_challenge_method: optionalText,
});

export function signupEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/signup', (call) => signUp(services, call));
}

async function signUp(services: Services, call: Call): Promise<Response> {
  const { settings, passwords, clock } = services;
  const body = await readBody(call.req.raw, Body);
  const { email, phone, password, data = {} } = body;
  if (!settings.signupEnabled) {
    throw new ProtocolError(422, 'signup_disabled', 'Signups not allowed for this instance');
  }
  if (!email) {
    if (phone) return signUpByPhone(services, call, { phone, password, data });
    return signUpAnonymously(services, call, data);
  }
  if (!password) throw validationFailed('Signup requires a valid password');
  const address = parseEmailAddress(email);
  const id = randomUUID();
  const userMetadata = signUpMetadata(id, address, data, !settings.emailConfirmation);
  assertMetadataFits(userMetadata, null);
  const newcomer = { id, email: address, password, userMetadata };
  if (settings.emailConfirmation) return signUpUnconfirmed(services, call, newcomer, body);
  const encryptedPassword = await attempting(services, call.var.client, 'signup', address, async () => {
    assertStrongPassword(services, newcomer);
    return passwords.hash(password);
  });
  const now = clock();
  const newUser = newUserRow(
    { id, email: address, encryptedPassword, isEmailConfirmed: true, isPhoneConfirmed: false, userMetadata },
    now,
  );
  const user = await admitUser(services, call.var.client, newUser);
  return answerConfirmed(services, call, user, now);
}

/** Here a taken address cannot be hidden: the session itself would tell. */
async function answerConfirmed(
  services: Services,
  call: Call,
  user: AdmittedUser,
  now: Date,
): Promise<Response> {
  const grant = await services.database.transaction(async (tx) => {
    if (!(await insertUser(tx, user))) return null;
    return signIn(tx, { user, method: 'password', client: call.var.client, now, issuedAt: now });
  });
  if (!grant) throw new ProtocolError(422, 'user_already_exists', 'User already registered');
  services.outbox.wake();
  return answerSession(services, call, grant);
}
