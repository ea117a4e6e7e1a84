/** What all mutations that sign somebody in have in common. */
import type { Context } from '../../context.ts';
import { RefusedError } from '../../identity/errors.ts';
import {
  handOver as handOverSession,
  type SessionTransport,
} from '../../identity/sessions/session-transport.ts';
import type { MfaRequired } from '../../identity/sign-in/sign-in.ts';
import { builder } from '../builder.ts';
import { AuthSessionRef } from '../sessions/session.ts';

const MfaMethodRef = builder.enumType('MfaMethod', {
  description: 'What a second factor is shown by.',
  values: {
    TOTP: { value: 'totp', description: 'The six digits that an authenticator app shows.' },
    RECOVERY_CODE: {
      value: 'recovery_code',
      description: 'One of the ten codes, each of which is good once.',
    },
  } as const,
});

const MfaRequiredRef = builder.objectRef<MfaRequired>('MfaRequired').implement({
  description:
    'So far so good, and the person has a second factor: ask for a code and send it to `verifyMfa`. There is no session yet.',
  isTypeOf: (value) =>
    typeof value === 'object' && value !== null && 'challengeId' in value && 'methods' in value,
  fields: (t) => ({
    challengeId: t.exposeID('challengeId', {
      description: 'For `verifyMfa`. Keep it in memory: together with a code it is a session.',
    }),
    methods: t.field({
      type: [MfaMethodRef],
      description: 'What the person can answer with; at least one.',
      resolve: ({ methods }) => [...methods],
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Afterwards, and after five wrong codes, the person has to log in again.',
    }),
  }),
});

/** What a sign-in can come to, beside the errors of each. */
export const SIGN_IN_OUTCOMES = [AuthSessionRef, MfaRequiredRef, RefusedError] as const;

const SessionTransportRef = builder.enumType('SessionTransport', {
  description: 'Where the refresh token goes.',
  values: {
    BODY: { value: 'body', description: 'Into `AuthSession.refreshToken`: the client keeps it.' },
    COOKIE: {
      value: 'cookie',
      description:
        'Into a cookie that no script can read: the browser keeps it, and `refreshSession` without a token uses it. Only from pages of this origin and of those the operator names; others, and programs that send no `Origin`, are answered with the error `CSRF_REFUSED`.',
    },
  } as const,
});

export type InputFields =
  typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types>
    ? PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>
    : never;

/** For every input that signs somebody in. */
export const signInFields = (t: InputFields) => ({
  transport: t.field({
    type: SessionTransportRef,
    defaultValue: 'body',
    description: 'How the refresh token is handed over.',
  }),
});

/** Signs in, and hands out what comes of it the way its input asks for. */
export function handOver<Outcome extends object>(
  { services }: Context,
  { transport }: { transport?: SessionTransport | null | undefined },
  signIn: () => Promise<Outcome>,
) {
  return handOverSession(services, transport, signIn);
}
