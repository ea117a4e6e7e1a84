import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { checkPassword } from '../adapters/passwords/password-policy.ts';
import { optionalObject, optionalText, readBody } from './body.ts';
import { parseEmailAddress } from './email-address.ts';
import { attempting, type Call, type Endpoints, newEndpoints, type Services } from './endpoint.ts';
import { insertUser, newUserRow } from './new-user.ts';
import { ProtocolError, phoneProviderDisabled, validationFailed, weakPassword } from './protocol-error.ts';
import { answerSession } from './session-answer.ts';
import { signIn } from './sign-in.ts';
import { assertMetadataFits } from './user-metadata.ts';
import { type FullUserRow, fullUserJson } from './user-row.ts';

const Body = z.object({
  email: optionalText,
  phone: optionalText,
  password: optionalText,
  data: optionalObject,
});

export function signupEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/signup', (call) => signUp(services, call));
}

async function signUp(services: Services, call: Call): Promise<Response> {
  const { settings, passwords, clock } = services;
  const { email, phone, password, data = {} } = await readBody(call.req.raw, Body);
  if (!settings.signupEnabled) {
    throw new ProtocolError(422, 'signup_disabled', 'Signups not allowed for this instance');
  }
  if (!email) {
    if (phone) throw phoneProviderDisabled(400);
    throw new ProtocolError(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  }
  if (!password) throw validationFailed('Signup requires a valid password');
  const address = parseEmailAddress(email);
  const id = randomUUID();
  const userMetadata = {
    ...data,
    sub: id,
    email: address,
    email_verified: !settings.emailConfirmation,
    phone_verified: false,
  };
  assertMetadataFits(userMetadata, null);
  // Hashed before anybody looks whether the address is free, so that a taken one takes as long.
  const encryptedPassword = await attempting(services, call.var.client, 'signup', address, async () => {
    const problem = checkPassword(password, { email: address, scheme: settings.passwordHash });
    if (problem) throw weakPassword(problem);
    return passwords.hash(password);
  });
  const now = clock();
  const user = newUserRow(
    {
      id,
      email: address,
      encryptedPassword,
      isEmailConfirmed: !settings.emailConfirmation,
      isPhoneConfirmed: false,
      confirmationSentAt: settings.emailConfirmation ? now : undefined,
      userMetadata,
    },
    now,
  );
  return settings.emailConfirmation
    ? answerUnconfirmed(services, call, user)
    : answerConfirmed(services, call, user, now);
}

/**
 * Free or taken, confirmed or not, the answer is the person that would be. Supabase Auth shows a taken address by leaving out the
 * identities and the role; here nothing tells, for the row that is shown is the same one, whether it was written or not.
 */
async function answerUnconfirmed(services: Services, call: Call, user: FullUserRow): Promise<Response> {
  await insertUser(services.database, user);
  return call.json(fullUserJson(user));
}

/** Here a taken address cannot be hidden: the session itself would tell. */
async function answerConfirmed(
  services: Services,
  call: Call,
  user: FullUserRow,
  now: Date,
): Promise<Response> {
  const grant = await services.database.transaction(async (tx) => {
    if (!(await insertUser(tx, user))) return null;
    return signIn(tx, { user, method: 'password', client: call.var.client, now, issuedAt: now });
  });
  if (!grant) throw new ProtocolError(422, 'user_already_exists', 'User already registered');
  return answerSession(services, call, grant);
}
