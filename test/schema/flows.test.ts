/** Every flow of the tour, in the mode of this run, and what docs/flows.md says of it. */
import type { GraphQLObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schema } from '../../src/schema/schema.ts';
import { FLOWS } from '../../tour/flows.ts';
import { type House, openHouse } from '../../tour/house.ts';
import { runFlow } from '../../tour/run.ts';
import { cellOf, mutationsOf, readTable } from '../../tour/table.ts';
import { IS_SHARED, MODE } from '../support/app.ts';

const WHERE = IS_SHARED ? 'supabase-database' : MODE;

describe('the flows of docs/flows.md', () => {
  const table = readTable();
  let house: House;
  beforeAll(async () => {
    house = await openHouse(WHERE, process.env.TEST_DATABASE_URL);
  }, 60_000);
  afterAll(() => house?.close());

  const flows = FLOWS.map((flow) => [flow.name, flow] as const);
  test.each(flows)('%s', { timeout: 60_000 }, async (name, flow) => {
    const run = await runFlow(flow, house);
    expect(cellOf(run)).toBe(table.get(name)?.cells[WHERE]);
    if (run.missing === null) expect(mutationsOf(run)).toBe(table.get(name)?.mutations);
  });

  test('are all there are, and take in every mutation of the schema', () => {
    expect([...table.keys()]).toEqual(FLOWS.map(({ name }) => name));
    const shown = [...table.values()].map(({ mutations }) => mutations).join();
    const mutations = Object.keys((schema.getMutationType() as GraphQLObjectType).getFields());
    expect(mutations.filter((name) => !shown.includes(`\`${name}\``))).toEqual([]);
  });
});
