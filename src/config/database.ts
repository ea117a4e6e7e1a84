/** Where people, or Limen's own tables, live. */
import { z } from 'zod';
import type { Values } from './values.ts';

/** `dataDir` null: in memory, gone with the process. */
export type DatabaseConfig =
  | { readonly kind: 'pglite'; readonly dataDir: string | null }
  | { readonly kind: 'postgres'; readonly url: string };

export const databaseVariables = {
  DATA_DIR: z.string().default('./.limen'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'an address that starts with postgres://' })
    .optional(),
};

export function databaseConfig(env: Values<typeof databaseVariables>): DatabaseConfig {
  return env.DATABASE_URL
    ? { kind: 'postgres', url: env.DATABASE_URL }
    : { kind: 'pglite', dataDir: env.DATA_DIR === ':memory:' ? null : env.DATA_DIR };
}
