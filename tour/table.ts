/** The table of docs/flows.md: which flow works in which mode. Written by what ran, a mode at a time. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { MODES, type Mode } from './house.ts';
import type { FlowRun } from './run.ts';

const PAPER = new URL('../docs/flows.md', import.meta.url);
const HEADINGS: Record<Mode, string> = {
  pglite: 'embedded, on PGlite',
  postgres: 'embedded, on PostgreSQL',
  supabase: 'in front of Supabase Auth',
  'supabase-database': 'the same, on its database',
};

interface Row {
  mutations: string;
  /** By mode; empty: never run. */
  cells: Record<Mode, string>;
}

export const cellOf = ({ missing }: FlowRun) => (missing === null ? 'works' : `not supported: ${missing}`);
export const mutationsOf = ({ mutations }: FlowRun) => mutations.map((name) => `\`${name}\``).join(', ');

/** By the name of the flow. */
export function readTable(): Map<string, Row> {
  const rows = existsSync(PAPER) ? readFileSync(PAPER, 'utf8').split('\n') : [];
  const cells = rows
    .filter((line) => /^\| (?!flow |-)/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return new Map(
    cells.map(([, flow = '', mutations = '', ...rest]) => [
      flow,
      {
        mutations,
        cells: Object.fromEntries(MODES.map((mode, index) => [mode, rest[index] ?? ''])) as Row['cells'],
      },
    ]),
  );
}

/** Replaces one mode's column, and leaves out flows that are gone. */
export function writeTable(mode: Mode, runs: ReadonlyMap<string, FlowRun>): void {
  const table = readTable();
  const lines = [...runs].map(([flow, run]) => {
    const before = table.get(flow);
    const cells = { ...before?.cells, [mode]: cellOf(run) } as Row['cells'];
    // What is not supported ends in the middle.
    const mutations = run.missing === null ? mutationsOf(run) : (before?.mutations ?? '');
    return [flow, mutations, ...MODES.map((each) => cells[each] ?? '')];
  });
  const all = [['flow', 'mutations', ...MODES.map((each) => HEADINGS[each])], ...lines];
  const widths = all[0]!.map((_cell, column) => Math.max(...all.map((cells) => cells[column]!.length)));
  const [head = '', ...body] = all.map(
    (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`,
  );
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  writeFileSync(PAPER, `${PROSE}\n${[head, rule, ...body].join('\n')}\n`);
}

const PROSE = `# Which flow works where

Every flow here was driven through \`/graphql\` with \`limen/client\`, by \`npm run tour\`, which says step by step what it does; the code of each is in
\`tour/flows/\` and shows how the flow is used. The tests run them again in every mode and fail where this table says something else, or where a mutation
of the schema is in no flow.

"In front of Supabase Auth" means: through supabase-js, to a server that is known by its address and its keys alone. In the tests that server is a second
Limen, which speaks the same protocol; what a project of your own has switched off, or is too old for, it answers with \`NotSupportedError\` or with the error of
that setting. "On its database": \`DATABASE_URL\` is that of the project itself ([more](supabase-database.md)). "not supported" is what the answer named as missing.

Written by \`npm run tour -- --record\` (and \`postgres\`, \`supabase\` or \`supabase-database\` behind it for the other columns). Do not edit.
`;
