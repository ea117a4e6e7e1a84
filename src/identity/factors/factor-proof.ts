/** What adds a factor or a passkey, or takes one away, is asked for by the person, and not by somebody who has borrowed their session. */
import type { AuthBackend } from '../auth-backend.ts';
import { ReauthenticationRequiredError } from '../errors.ts';
import { SHOWS_WHO_FOR_FACTORS } from '../just-shown.ts';
import { type Proof, type ProofInput, type ProofNeeds, provingWhoAsks } from '../proof.ts';
import type { Person } from '../viewer.ts';
import { verifiedFactors } from './factor.ts';
import { AssuranceRequiredError } from './factor-errors.ts';

/**
 * As `provingWhoAsks`; a second factor or a passkey that was shown within the last 15 minutes will do too. One that was shown long ago will not: a session
 * at AAL2 is borrowed as easily as any other.
 *
 * @throws {AssuranceRequiredError} the person has a second factor, and showing it is all that is needed
 * @throws what `provingWhoAsks` does
 */
export async function changingFactors<Result>(
  needs: ProofNeeds & { auth: AuthBackend },
  viewer: Person,
  input: ProofInput,
  work: (proof: Proof | null) => Promise<Result>,
): Promise<Result> {
  try {
    return await provingWhoAsks(needs, viewer, input, work, SHOWS_WHO_FOR_FACTORS);
  } catch (error) {
    if (!(error instanceof ReauthenticationRequiredError) || viewer.assuranceLevel !== 'aal1') throw error;
    // A proof would not be enough for them: so they are asked once, for what is.
    const account = await needs.auth.findOwnAccount(viewer.accessToken);
    throw verifiedFactors(account?.record?.factors).length > 0 ? new AssuranceRequiredError() : error;
  }
}
