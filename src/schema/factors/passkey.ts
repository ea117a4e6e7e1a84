/** The passkeys that somebody has. The rules live in `identity/factors/passkeys.ts`. */

import {
  NotSupportedError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { AssuranceRequiredError } from '../../identity/factors/factor-errors.ts';
import type { Passkey } from '../../identity/factors/passkey.ts';
import { PasskeyNotFoundError } from '../../identity/factors/passkey-errors.ts';
import { passkeysOf, removePasskey, renamePasskey } from '../../identity/factors/passkeys.ts';
import { builder } from '../builder.ts';
import { PROOF_REFUSALS, proofFields } from '../proof.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { UserRef } from '../user.ts';

export const PasskeyRef = builder.objectRef<Passkey>('Passkey').implement({
  description:
    'A key for this site that a device or a password manager keeps, and unlocks by fingerprint, face or PIN. Never shows the key.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'isBackedUp' in value,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, for `renamePasskey` and `removePasskey`.' }),
    name: t.exposeString('name', {
      nullable: true,
      description: 'What the person calls it; null for nothing.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When somebody last signed in by it; null if never.',
    }),
    isBackedUp: t.exposeBoolean('isBackedUp', {
      nullable: true,
      description:
        'Whether it outlives the device, as in a password manager that syncs. One that does not wants a second one beside it. Null where the auth server does not say, as Supabase.',
    }),
    transports: t.stringList({
      nullable: true,
      description:
        'The ways to reach it, in the words of WebAuthn: `internal` (this device), `hybrid` (a phone), `usb`, `nfc`, `ble`, … Null where the auth server does not say, as Supabase.',
      resolve: ({ transports }) => transports && [...transports],
    }),
  }),
});

builder.objectFields(UserRef, (t) => ({
  passkeys: t.field({
    type: [PasskeyRef],
    description:
      "The person's passkeys, the oldest first, at most ten; empty where the auth server knows none. Not in the access token: costs two queries.",
    resolve: (account, _args, { services, viewer }) => passkeysOf(services, viewer, account),
  }),
}));

const RenamePasskeyInput = builder.inputType('RenamePasskeyInput', {
  description: 'What a passkey shall be called.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'From `User.passkeys`.' }),
    name: t.string({ required: true, description: '1 to 120 characters.' }),
  }),
});

const RenamePasskeyResult = builder.errorUnion('RenamePasskeyResult', {
  description: 'The passkey with its new name, or why it keeps the old one.',
  types: [
    PasskeyRef,
    PasskeyNotFoundError,
    NotSupportedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('renamePasskey', (t) =>
  t.withAuth({ person: true }).field({
    type: RenamePasskeyResult,
    skipTypeScopes: true,
    description: "For a signed-in person: gives one of their passkeys a name. Somebody else's reads as none.",
    args: { input: t.arg({ type: RenamePasskeyInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => renamePasskey(services, viewer, input),
  }),
);

const RemovePasskeyInput = builder.inputType('RemovePasskeyInput', {
  description: 'Which passkey to take away, and who asks.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'From `User.passkeys`.' }),
    ...proofFields(t),
  }),
});

interface PasskeyRemoved {
  removedPasskeyId: string;
}

const PasskeyRemovedRef = builder.objectRef<PasskeyRemoved>('PasskeyRemoved').implement({
  description:
    'Nobody signs in by this passkey any more. Sessions that it began go on: end them by `logout`. The device still keeps its half, and may offer it until it is removed there.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'removedPasskeyId' in value,
  fields: (t) => ({
    id: t.exposeID('removedPasskeyId', { description: 'Which it was.' }),
  }),
});

const RemovePasskeyResult = builder.errorUnion('RemovePasskeyResult', {
  description: 'That it is gone, or why it stays.',
  types: [
    PasskeyRemovedRef,
    PasskeyNotFoundError,
    ...PROOF_REFUSALS,
    AssuranceRequiredError,
    NotSupportedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('removePasskey', (t) =>
  t.withAuth({ person: true }).field({
    type: RemovePasskeyResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: takes one of their passkeys away. Whoever has a second factor must have shown it in this session. The person is told by mail.',
    args: { input: t.arg({ type: RemovePasskeyInput, required: true }) },
    resolve: async (_root, { input }, { services, viewer }) => {
      await removePasskey(services, viewer, input);
      return { removedPasskeyId: input.id };
    },
  }),
);
