import { randomUUID } from 'node:crypto';
import { type Recipient, signUpMetadata } from '../addresses/recipient.ts';
import type { JsonObject } from '../protocol/body.ts';
import { assertMetadataFits } from '../users/user-metadata.ts';
import type { FullUserRow } from '../users/user-row.ts';
import { type NewUser, newUserRow } from './new-user.ts';

interface Newcomer extends Pick<NewUser, 'confirmationSentAt' | 'invitedAt'> {
  /** What they say of themselves, or whoever invites them. */
  data: JsonObject | undefined;
  isConfirmed?: boolean;
}

/** Somebody who comes with one address or number, as they will be; without a password. @throws {ProtocolError} 400 validation_failed */
export function newcomerRow(
  recipient: Recipient,
  { data = {}, isConfirmed = false, ...more }: Newcomer,
  now: Date,
): FullUserRow {
  const id = randomUUID();
  const { by, address } = recipient;
  const row = newUserRow(
    {
      ...more,
      id,
      [by]: address,
      encryptedPassword: null,
      isEmailConfirmed: isConfirmed && by === 'email',
      isPhoneConfirmed: isConfirmed && by === 'phone',
      userMetadata: signUpMetadata(id, recipient, data, isConfirmed),
    },
    now,
  );
  assertMetadataFits(row.raw_user_meta_data, null);
  return row;
}
