/** Every way in, in the order in which one would show them. */
import type { Flow } from './flow.ts';
import { account } from './flows/account.ts';
import { anonymous } from './flows/anonymous.ts';
import { confirmEmail } from './flows/confirm-email.ts';
import { cookies } from './flows/cookies.ts';
import { emailChange } from './flows/email-change.ts';
import { impersonation } from './flows/impersonation.ts';
import { invitation } from './flows/invitation.ts';
import { oauth } from './flows/oauth.ts';
import { operators } from './flows/operators.ts';
import { passkeys } from './flows/passkeys.ts';
import { password } from './flows/password.ts';
import { phone } from './flows/phone.ts';
import { phoneSignUp } from './flows/phone-sign-up.ts';
import { profile } from './flows/profile.ts';
import { reauthentication } from './flows/reauthentication.ts';
import { recovery } from './flows/recovery.ts';
import { recoveryCodes } from './flows/recovery-codes.ts';
import { sessions } from './flows/sessions.ts';
import { signInCode } from './flows/sign-in-code.ts';
import { totp } from './flows/totp.ts';
import { webhooks } from './flows/webhooks.ts';

export const FLOWS: readonly Flow[] = [
  confirmEmail,
  password,
  profile,
  signInCode,
  recovery,
  emailChange,
  phoneSignUp,
  phone,
  reauthentication,
  anonymous,
  oauth,
  totp,
  recoveryCodes,
  passkeys,
  invitation,
  operators,
  impersonation,
  cookies,
  webhooks,
  sessions,
  account,
];
