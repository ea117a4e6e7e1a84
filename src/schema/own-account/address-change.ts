/** A person's own address and number. The rules live in `identity/own-account/address-change.ts`. */

import {
  AccountBannedError,
  EmailTakenError,
  InvalidCodeError,
  ManagedElsewhereError,
  NotEnabledError,
  PhoneTakenError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import {
  changeEmail,
  changePhone,
  type EmailChangeHalfConfirmed,
  type EmailChangeRequested,
  type PhoneChangeRequested,
  verifyEmailChange,
  verifyPhoneChange,
} from '../../identity/own-account/address-change.ts';
import { builder } from '../builder.ts';
import { PROOF_REFUSALS, proofFields } from '../proof.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { redirectToField, shownCodeFields } from '../sign-in/shown-code.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from '../sign-in/sign-in.ts';
import { UserRef } from '../user.ts';

const REFUSALS = [
  ...PROOF_REFUSALS,
  ManagedElsewhereError,
  ValidationError,
  RateLimitedError,
  ServiceUnavailableError,
] as const;

const ChangeEmailInput = builder.inputType('ChangeEmailInput', {
  description: 'The address as it shall be, and who asks.',
  fields: (t) => ({
    email: t.field({ type: 'EmailAddress', required: true, description: 'Kept in lower case.' }),
    ...proofFields(t),
    ...redirectToField(t),
  }),
});

const EmailChangeRequestedRef = builder.objectRef<EmailChangeRequested>('EmailChangeRequested').implement({
  description:
    'Mails are under way, each with a link and a code for `verifyEmailChange`: to the new address and, unless the operator turned it off, to the present one too. Until all have been used, the account keeps its address. Another `changeEmail` makes them worthless.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'requestedEmail' in value,
  fields: (t) => ({
    requestedEmail: t.expose('requestedEmail', {
      type: 'EmailAddress',
      description: 'The address to confirm.',
    }),
  }),
});

const ChangeEmailResult = builder.errorUnion('ChangeEmailResult', {
  description:
    'The person, where addresses change without a confirmation; otherwise mails under way, or why nothing changes.',
  types: [EmailChangeRequestedRef, UserRef, EmailTakenError, ...REFUSALS],
});

builder.mutationField('changeEmail', (t) =>
  t.withAuth({ person: true }).field({
    type: ChangeEmailResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: asks for another address. It also makes a full account of an anonymous one. Sessions go on.',
    args: { input: t.arg({ type: ChangeEmailInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => changeEmail(services, viewer, input),
  }),
);

const VerifyEmailChangeInput = builder.inputType('VerifyEmailChangeInput', {
  description: 'From one of the mails of `changeEmail`: `email` with `code`, or `tokenHash`.',
  fields: (t) => ({
    ...shownCodeFields(t),
    ...signInFields(t),
  }),
});

const EmailChangeHalfConfirmedRef = builder
  .objectRef<EmailChangeHalfConfirmed>('EmailChangeHalfConfirmed')
  .implement({
    description: 'One address has confirmed; the account keeps its address until the other one has too.',
    isTypeOf: (value) => typeof value === 'object' && value !== null && 'awaitsOtherAddress' in value,
    fields: (t) => ({
      awaitsOtherAddress: t.exposeBoolean('awaitsOtherAddress', {
        description: 'Always true: use the link or the code in the mail to the other address.',
      }),
    }),
  });

const VerifyEmailChangeResult = builder.errorUnion('VerifyEmailChangeResult', {
  description:
    'A session of the person, who has the new address from now on; or one half of what is needed; or why nothing changed.',
  types: [
    ...SIGN_IN_OUTCOMES,
    EmailChangeHalfConfirmedRef,
    InvalidCodeError,
    AccountBannedError,
    EmailTakenError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('verifyEmailChange', (t) =>
  t.field({
    type: VerifyEmailChangeResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Confirms a change of address by what one of the mails holds, in any order and in any browser. Each link and code is good once.',
    args: { input: t.arg({ type: VerifyEmailChangeInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => verifyEmailChange(context.services, input)),
  }),
);

const ChangePhoneInput = builder.inputType('ChangePhoneInput', {
  description: 'The number as it shall be, and who asks.',
  fields: (t) => ({
    phone: t.string({ required: true, description: 'With the country: `+41 79 555 00 11`.' }),
    ...proofFields(t),
  }),
});

const PhoneChangeRequestedRef = builder.objectRef<PhoneChangeRequested>('PhoneChangeRequested').implement({
  description: 'A code for `verifyPhoneChange` is under way to the new number.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'requestedPhone' in value,
  fields: (t) => ({
    requestedPhone: t.exposeString('requestedPhone', {
      description: 'The number to confirm, as it is kept.',
    }),
  }),
});

const ChangePhoneResult = builder.errorUnion('ChangePhoneResult', {
  description:
    'The person, where numbers change without a confirmation; otherwise a code under way, or why nothing changes.',
  types: [PhoneChangeRequestedRef, UserRef, PhoneTakenError, NotEnabledError, ...REFUSALS],
});

builder.mutationField('changePhone', (t) =>
  t.withAuth({ person: true }).field({
    type: ChangePhoneResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: asks for another number, or a first one. It also makes a full account of an anonymous one.',
    args: { input: t.arg({ type: ChangePhoneInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => changePhone(services, viewer, input),
  }),
);

const VerifyPhoneChangeInput = builder.inputType('VerifyPhoneChangeInput', {
  description: 'The code, with the number it went to.',
  fields: (t) => ({
    phone: t.string({ required: true, description: 'The new number.' }),
    code: t.string({ required: true, description: 'From the text message.' }),
    ...signInFields(t),
  }),
});

const VerifyPhoneChangeResult = builder.errorUnion('VerifyPhoneChangeResult', {
  description: 'A session of the person, who has the new number from now on; or why nothing changed.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidCodeError,
    AccountBannedError,
    PhoneTakenError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('verifyPhoneChange', (t) =>
  t.field({
    type: VerifyPhoneChangeResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description: 'Confirms a change of number by the code that went to the new one. Each code is good once.',
    args: { input: t.arg({ type: VerifyPhoneChangeInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => verifyPhoneChange(context.services, input)),
  }),
);
