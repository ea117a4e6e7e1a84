/** What goes to an address or a number that somebody signed up with. */
import type { MailMessage } from '../../adapters/mail/message.ts';
import { sendPhoneCode, sendPhoneCodeToNobody } from '../codes/phone-code.ts';
import { type LinkRequest, mailLink, mailNobody } from '../links/mailed-link.ts';
import type { Services } from '../protocol/endpoint.ts';
import { redirectTarget } from '../protocol/redirect.ts';
import { localeOf } from '../users/person-locale.ts';
import type { FullUserRow } from '../users/user-row.ts';
import type { SignUpMessage } from './sign-up-unconfirmed.ts';

/** A link with a code; and to the owner of an address that is taken, that it is. */
export function signUpMail(services: Services, email: string, link: LinkRequest): SignUpMessage {
  return {
    channel: 'email',
    send: (tx, user) => mailLink(services, tx, user, email, link),
    sendNothing: (tx, owner) =>
      mailNobody(services, tx, email, link, owner ? accountExists(services, owner, email, link) : null),
  };
}

/** A code; to the owner of a number that is taken, nothing. */
export function signUpText(services: Services, phone: string): SignUpMessage {
  const code = { phone, type: 'signup' } as const;
  return {
    channel: 'sms',
    send: (tx, user) => sendPhoneCode(services, tx, user, code),
    sendNothing: (tx) => sendPhoneCodeToNobody(services, tx, code),
  };
}

function accountExists(
  { settings }: Services,
  user: FullUserRow,
  email: string,
  { redirectTo }: LinkRequest,
): MailMessage {
  return {
    channel: 'email',
    template: 'account-exists',
    to: email,
    userId: user.id,
    locale: localeOf(user),
    code: null,
    tokenHash: null,
    link: null,
    redirectTo: redirectTarget(settings, redirectTo),
    data: {},
  };
}
