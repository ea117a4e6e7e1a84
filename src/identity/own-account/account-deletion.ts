/** People delete their own accounts: at once, or after a time in which they may think again. */
import type { Account } from '../account.ts';
import { assertAdminRemains, isAdministrator } from '../administration/authority.ts';
import type { AttemptLimiter } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { ChangeLog } from '../changes.ts';
import type { Client } from '../client.ts';
import type { Clock } from '../clock.ts';
import { DeniedError } from '../denial.ts';
import { verifiedFactors } from '../factors/factor.ts';
import { AssuranceRequiredError } from '../factors/factor-errors.ts';
import { type ProofInput, provingWhoAsks } from '../proof.ts';
import type { Exclusively } from '../role.ts';
import type { Person } from '../viewer.ts';
import type { PersonFactStore } from './person-facts.ts';

/** Deletions that were asked for and have not happened yet. */
export interface AccountDeletionStore {
  /**
   * Answers when the account is deleted: where a deletion was asked for before, the earlier of the two. Where that is not at once, the person
   * is told, and it is recorded.
   */
  schedule(account: Account, deletesAt: Date, client: Client): Promise<Date>;
  /** False where there is none, or it has begun. Otherwise the person is told, and it is recorded. */
  cancel(account: Account, client: Client): Promise<boolean>;
  /** Begins one whose time has come: from then on it cannot be called off. False where it has been, or where it is too early. */
  begin(userId: string): Promise<boolean>;
  /** Those that are due, and that nobody else is at. Whoever claims one has a few minutes for it; then somebody else tries. */
  claimDue(limit: number): Promise<string[]>;
  postpone(userId: string, until: Date): Promise<void>;
}

/** Deletes for good, and records it: all that belongs to the account goes with it, and the person is told. Nothing happens to one that is gone. */
export type EraseAccount = (needs: { auth: AuthBackend; client: Client }, account: Account) => Promise<void>;

/** What a deletion itself needs, whoever began it. */
export interface DeletionNeeds {
  readonly auth: AuthBackend;
  readonly client: Client;
  readonly deletions: AccountDeletionStore;
  readonly facts: PersonFactStore;
  readonly eraseAccount: EraseAccount;
  readonly exclusively: Exclusively;
}

type Needs = DeletionNeeds & {
  attempts: AttemptLimiter;
  changes: ChangeLog;
  clock: Clock;
  /** 0: at once. */
  deletionGraceDays: number;
};

const DAY_MS = 86_400_000;

/**
 * Deletes the viewer's account, or sees to it that it will be. Null when it is gone; otherwise when it will be, and then every other session
 * of theirs is over already.
 * @throws {AssuranceRequiredError} the person has a second factor, and the session has not shown it @throws {LastAdminError}
 * @throws {InvalidCredentialsError} @throws {InvalidCodeError} @throws {DeniedError} when the session is over, and what `provingWhoAsks` does
 */
export async function deleteAccount(needs: Needs, viewer: Person, input: ProofInput): Promise<Date | null> {
  const { auth, changes, client, clock, deletions, deletionGraceDays } = needs;
  const account = await auth.findOwnAccount(viewer.accessToken);
  if (!account) throw new DeniedError('UNAUTHENTICATED');
  const hasFactor = verifiedFactors(account.record?.factors).length > 0;
  if (hasFactor && viewer.assuranceLevel === 'aal1') throw new AssuranceRequiredError();
  await provingWhoAsks(needs, { ...viewer, account }, input, async (proof) => {
    if (proof) await auth.prove(viewer.accessToken, proof);
  });
  return keepingAnAdmin(needs, account, async () => {
    const due = new Date(clock().getTime() + deletionGraceDays * DAY_MS);
    const deletesAt = await deletions.schedule(account, due, client);
    if (deletesAt > clock()) {
      await auth.signOut(viewer.accessToken, 'others');
      changes.userChanged(account.id);
      return deletesAt;
    }
    if (await deletions.begin(account.id)) await needs.eraseAccount(needs, account);
    changes.sessionEnded(viewer.sessionId);
    changes.userChanged(account.id);
    return null;
  });
}

/** Calls the deletion of the viewer's account off. Where none was asked for nothing happens. @throws {DeniedError} */
export async function cancelAccountDeletion(
  { auth, client, deletions }: Pick<Needs, 'auth' | 'client' | 'deletions'>,
  viewer: Person,
): Promise<Account> {
  const account = await auth.findOwnAccount(viewer.accessToken);
  if (!account) throw new DeniedError('UNAUTHENTICATED');
  await deletions.cancel(account, client);
  return account;
}

/**
 * Carries out a deletion whose time has come. False where there was nothing to do: it was called off, or the account is gone.
 * @throws {LastAdminError}
 */
export async function carryOutDeletion(needs: DeletionNeeds, userId: string): Promise<boolean> {
  const account = await needs.auth.findAccount(userId);
  if (!account) {
    // It went in another way.
    await needs.facts.forget(userId);
    return false;
  }
  return keepingAnAdmin(needs, account, async () => {
    if (!(await needs.deletions.begin(userId))) return false;
    await needs.eraseAccount(needs, account);
    return true;
  });
}

/** One at a time with all who give and take roles: the last two administrators must not both go. */
async function keepingAnAdmin<Result>(
  { auth, exclusively }: DeletionNeeds,
  account: Account,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isAdministrator(account)) return work();
  return exclusively('roles', async () => {
    await assertAdminRemains(auth, account);
    return work();
  });
}
