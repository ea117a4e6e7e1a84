/** The end of the onboarding: what somebody tells about themselves when they begin. */
import type { Account } from '../account.ts';
import type { Person } from '../viewer.ts';
import { type ProfileInput, updateProfile } from './profile.ts';

export type OnboardingInput = Omit<ProfileInput, 'onboardingCompleted' | 'preferences' | 'metadata'>;

/**
 * Writes all of it at once, with the fact that it is done. Done again, it changes what is given, and not when it was first done.
 * @throws {ValidationError} @throws {MetadataTooLargeError}
 */
export async function completeOnboarding(
  needs: Parameters<typeof updateProfile>[0],
  viewer: Person,
  input: OnboardingInput,
): Promise<Account> {
  return updateProfile(needs, viewer, { ...input, onboardingCompleted: true });
}
