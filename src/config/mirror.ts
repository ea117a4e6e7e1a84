/** Whether people of a Supabase project are kept in this database too. */
import { z } from 'zod';
import type { Values, Wrong } from './values.ts';

/** `auto`: where `DATABASE_URL` names a database that is not Supabase's own. */
export type MirrorMode = 'auto' | 'on' | 'off';

export const mirrorVariables = {
  MIRROR_PEOPLE: z.enum(['auto', 'on', 'off'], 'auto, on or off').default('auto'),
};

export function mirrorProblems(
  env: Values<typeof mirrorVariables> & { SUPABASE_URL?: string | undefined },
  wrong: Wrong,
): string[] {
  if (env.MIRROR_PEOPLE !== 'on' || env.SUPABASE_URL || wrong.has('SUPABASE_URL')) return [];
  return ['MIRROR_PEOPLE: there is nobody to mirror without SUPABASE_URL; people live in this database'];
}
