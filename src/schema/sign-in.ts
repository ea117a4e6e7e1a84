/** What all mutations that sign somebody in have in common. */
import type { Context } from '../context.ts';
import type { SignedIn } from '../identity/sign-in.ts';
import { AuthSessionRef } from './session.ts';

/** What a sign-in can come to, beside the errors of each. */
export const SIGN_IN_OUTCOMES = [AuthSessionRef] as const;

/** Hands out what a sign-in came to, the way its input asks for. */
export function handOver<Outcome extends SignedIn>(_context: Context, outcome: Outcome): Outcome {
  return outcome;
}
