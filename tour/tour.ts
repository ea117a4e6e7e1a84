/**
 * `npm run tour`: drives every way in against a Limen that it starts, and prints what it did. Ends with 1 at the first thing that is not
 * as promised. On PGlite; on PostgreSQL where DATABASE_URL names a server, in a database of its own. Behind `--`: `pglite`, `postgres`,
 * `supabase` (a second Limen behind the first) or `supabase-database` (the same, and both on one PostgreSQL database), and `--record`, which
 * writes what came of it into docs/flows.md.
 */
import { FLOWS } from './flows.ts';
import { MODES, type Mode, openHouse } from './house.ts';
import { type FlowRun, runFlow } from './run.ts';
import { writeTable } from './table.ts';

const WHERE: Record<Mode, string> = {
  pglite: 'the embedded auth server, on PGlite',
  postgres: 'the embedded auth server, on PostgreSQL',
  supabase: 'in front of Supabase Auth, which a second Limen plays',
  'supabase-database': 'in front of Supabase Auth, on its own database',
};

const args = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const asked = MODES.find((mode) => args.includes(mode));
const mode = asked ?? (process.env.DATABASE_URL ? 'postgres' : 'pglite');

say(`\nA tour of Limen: ${WHERE[mode]}.`);
const began = performance.now();
const house = await openHouse(mode, process.env.DATABASE_URL);
try {
  const runs = new Map<string, FlowRun>();
  let steps = 0;
  for (const flow of FLOWS) {
    say(`\n${flow.name}`);
    const run = await runFlow(flow, house, (promise) => {
      steps += 1;
      say(`  ✓ ${promise}`);
    });
    if (run.missing !== null) say(`  – not supported here: ${run.missing}`);
    runs.set(flow.name, run);
  }
  if (args.includes('--record')) writeTable(mode, runs);
  say(`\n${FLOWS.length} flows, ${steps} steps, ${((performance.now() - began) / 1000).toFixed(1)} s.\n`);
} catch (error) {
  say(`  ✗ ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  await house.close();
}
