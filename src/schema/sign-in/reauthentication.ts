import {
  EmailNotConfirmedError,
  NotEnabledError,
  PhoneNotConfirmedError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { requestReauthentication } from '../../identity/sign-in/password.ts';
import { builder } from '../builder.ts';
import { CodeSentRef, TextSentRef } from './sign-in-code.ts';

const RequestReauthenticationResult = builder.errorUnion('RequestReauthenticationResult', {
  description: 'That a code is on its way, or why none can be.',
  types: [
    CodeSentRef,
    TextSentRef,
    EmailNotConfirmedError,
    PhoneNotConfirmedError,
    NotEnabledError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('requestReauthentication', (t) =>
  t.withAuth({ person: true }).field({
    type: RequestReauthenticationResult,
    skipTypeScopes: true,
    description:
      'For a signed-in person who has no password, or forgot it: sends a code, by mail or to somebody without an address by text message, that `changePassword`, `changeEmail`, `changePhone`, `linkIdentity` and `unlinkIdentity` take as `nonce`. One message a minute for each address and number.',
    resolve: (_root, _args, { services, viewer }) => requestReauthentication(services, viewer),
  }),
);
