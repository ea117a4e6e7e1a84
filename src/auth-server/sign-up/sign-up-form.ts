/** What somebody who signs up fills in, beside what only mails and text messages need. */
import { checkPassword } from '../../adapters/passwords/password-policy.ts';
import type { Recipient } from '../addresses/recipient.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Services } from '../protocol/endpoint.ts';
import { weakPassword } from '../protocol/protocol-error.ts';

export interface SignUpForm {
  recipient: Recipient;
  password: string;
  data: JsonObject | undefined;
}

/** @throws {ProtocolError} 422 weak_password */
export function assertStrong({ settings }: Services, { recipient, password }: SignUpForm): void {
  const email = recipient.by === 'email' ? recipient.address : null;
  const problem = checkPassword(password, { email, rules: settings.passwordRules });
  if (problem) throw weakPassword(problem);
}
