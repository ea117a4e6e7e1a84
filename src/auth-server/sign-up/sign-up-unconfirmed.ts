/** A sign-up whose address must be confirmed: an account, or nothing, and a message in either case. The answer tells neither. */
import { normalizePassword } from '../../adapters/passwords/normal-form.ts';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { isWaiting } from '../addresses/address-owner.ts';
import type { Recipient } from '../addresses/recipient.ts';
import { attempting, type Call, type Services } from '../protocol/endpoint.ts';
import { inRounds, LostRound } from '../sessions/grant.ts';
import { type FullUserRow, fullUserJson } from '../users/user-row.ts';
import { admitUser } from './admitted-user.ts';
import { type Claim, claimAccount, countClaim, findClaimed, isOpen } from './claim.ts';
import { newcomerRow } from './newcomer.ts';
import { assertStrong, type SignUpForm } from './sign-up-form.ts';

/** Puts under way what goes to an address that somebody signed up with. */
export interface SignUpMessage {
  channel: 'email' | 'sms';
  /** To confirm the sign-up. */
  send(tx: Queryable, user: FullUserRow): Promise<void>;
  /**
   * Where there is nothing to confirm, in as many statements of the same kind.
   * @param owner who has the address; undefined for nobody
   */
  sendNothing(tx: Queryable, owner: FullUserRow | undefined): Promise<void>;
}

/**
 * Free or taken, confirmed or not, the answer is the person that would be, whether their row was written or not.
 * @throws {ProtocolError} 422 weak_password, 429, and what the hook says
 */
export async function signUpUnconfirmed(
  services: Services,
  call: Call,
  form: SignUpForm,
  message: SignUpMessage,
): Promise<Response> {
  const { database, outbox, clock } = services;
  const { recipient, data } = form;
  const { client } = call.var;
  const now = clock();
  const row = newcomerRow(recipient, { data, confirmationSentAt: now }, now);
  const { user, compared } = await attempting(services, client, 'signup', recipient.address, async () => {
    assertStrong(services, form);
    // The hook may take seconds: nothing is counted or looked at before it.
    const user = await admitUser(services, client, row);
    return { user, compared: await compareOrHash(services, form) };
  });
  await countClaim(services, client, recipient, () =>
    comparing(services, form, compared, (claim) => claimAccount(database, null, claim, now)),
  );
  await comparing(services, form, compared, (claim) =>
    database.transaction(async (tx) => {
      const { hash, isRight } = claim.compared;
      const found = await claimAccount(
        tx,
        { ...user, encrypted_password: isRight ? hash : null },
        claim,
        now,
      );
      if (found && isWaiting(found, recipient.by)) await message.send(tx, found);
      else await message.sendNothing(tx, found);
      const details = { type: 'signup', channel: message.channel } as const;
      await recordEvents(tx, client, { action: 'code.requested', userId: found?.id ?? null, details });
    }),
  );
  outbox.wake();
  return call.json(fullUserJson(user));
}

type Compared = NonNullable<Claim['compared']>;

/**
 * One hash is computed in either case: to store, or to compare with the one of an earlier sign-up. That was made of the normal form, and in
 * no other spelling is it tried: the second one would tell, by its time, that there is something to compare with.
 */
async function compareOrHash(
  { database, passwords }: Services,
  { recipient, password }: SignUpForm,
): Promise<Compared> {
  const found = await findClaimed(database, recipient);
  if (!found || !isOpen(found, recipient.by)) return { hash: await passwords.hash(password), isRight: true };
  const hash = found.encrypted_password || '';
  const { isRight } = await passwords.verify(normalizePassword(password), hash || null);
  return { hash, isRight };
}

/** Compares again where somebody else has signed up meanwhile, as when a form is sent twice at once. */
async function comparing(
  services: Services,
  form: SignUpForm,
  first: Compared,
  work: (claim: Recipient & { compared: Compared }) => Promise<unknown>,
): Promise<void> {
  let compared = first;
  await inRounds(async () => {
    try {
      await work({ ...form.recipient, compared });
      return true;
    } catch (error) {
      if (error instanceof LostRound) compared = await compareOrHash(services, form);
      throw error;
    }
  });
}
