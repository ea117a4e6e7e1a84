/** A sign-up whose address is taken for confirmed: an account and a session at once. */
import { attempting, type Call, type Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { signIn } from '../sessions/sign-in.ts';
import { admitUser } from './admitted-user.ts';
import { insertUser } from './new-user.ts';
import { newcomerRow } from './newcomer.ts';
import { assertStrong, type SignUpForm } from './sign-up-form.ts';

/**
 * A taken address cannot be hidden here: the session itself would tell.
 * @throws {ProtocolError} 422 weak_password, user_already_exists, 429, and what the hook says
 */
export async function signUpConfirmed(services: Services, call: Call, form: SignUpForm): Promise<Response> {
  const { database, passwords, clock, outbox } = services;
  const { recipient, password, data } = form;
  const { client } = call.var;
  const row = newcomerRow(recipient, { data, isConfirmed: true }, clock());
  const hash = await attempting(services, client, 'signup', recipient.address, async () => {
    assertStrong(services, form);
    return passwords.hash(password);
  });
  const user = await admitUser(services, client, { ...row, encrypted_password: hash });
  const now = user.created_at;
  const grant = await database.transaction(async (tx) => {
    if (!(await insertUser(tx, user))) return null;
    return signIn(tx, { user, method: 'password', client, now, issuedAt: now });
  });
  if (!grant) throw new ProtocolError(422, 'user_already_exists', 'User already registered');
  outbox.wake();
  return answerSession(services, call, grant);
}
