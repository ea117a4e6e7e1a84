/** What the papers name exists, and what exists is in the papers. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Environment } from '../src/config/config.ts';
import { ourNameOf } from '../src/config/gotrue.ts';
import { REFUSAL_CODES } from '../src/http/graphql/refusal.ts';
import { AUDIT_ACTIONS } from '../src/identity/audit/audit-event.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { dependencies, overrides, scripts } = JSON.parse(read('package.json'));
const guides = existsSync(join(ROOT, 'docs'))
  ? readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)
  : [];
const papers = [...readdirSync(ROOT), ...guides].filter((name) => name.endsWith('.md'));

/** All that the first group of an expression finds. */
const namesIn = (text: string, expression: RegExp) => [...text.matchAll(expression)].map(([, name]) => name!);

describe.each(papers)('%s', (paper) => {
  const text = read(paper);

  test('names files that exist', () => {
    const paths = namesIn(text, /`((?:[\w.-]+\/)+[\w.-]*)`/g).filter(
      // Names to be filled in have no file yet, and packages are no files.
      (path) => /^(src|test|bench)\/|\.(ts|sql|json)$/.test(path) && !path.includes('NNNN'),
    );
    const missing = paths.filter(
      (path) => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, 'src', path)),
    );
    expect(missing).toEqual([]);
  });

  test('links to files that exist', () => {
    const links = namesIn(text, /\]\((?!https?:)([^)#]+)\)/g);
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(paper), link)))).toEqual([]);
  });

  test('names npm scripts that exist', () => {
    const named = namesIn(text, /npm run (?:-s )?([\w:]+)/g);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe('ARCHITECTURE.md', () => {
  const text = read('ARCHITECTURE.md');

  test('says why each dependency and each override is here', () => {
    const packages = Object.keys({ ...dependencies, ...overrides });
    expect(packages.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  test('draws every room of the house, and none that is gone', () => {
    const [, house = ''] = /```\nsrc\/\n([\s\S]*?)\ntest\//.exec(text) ?? [];
    const drawn = namesIn(house, /(?:^ {2,4}| )([\w-]+(?:\.ts|\/))(?= )/gm);
    const rooms = (path: string) =>
      readdirSync(join(ROOT, path), { withFileTypes: true }).map((entry) =>
        entry.isDirectory() ? `${entry.name}/` : entry.name,
      );
    const built = [...rooms('src'), ...rooms('src/adapters')];
    expect(drawn.sort()).toEqual(built.sort());
  });
});

describe('docs/settings.md', () => {
  const rows = read('docs/settings.md').matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\|/gm);
  const settings = new Map([...rows].map(([, name, theirs]) => [name!, theirs!]));
  const known = Object.keys(Environment.shape);

  test('has a row for every variable that is read, and none for one that is not', () => {
    expect([...settings.keys()].sort()).toEqual([...known].sort());
  });

  test('names of Supabase Auth’s variables those that are read as the one they stand beside', () => {
    const theirs = [...settings].flatMap(([name, cell]) =>
      namesIn(cell, /`(GOTRUE_\w+)`(?!\*)/g).map((gotrue) => ({ name, gotrue })),
    );
    expect(theirs.length).toBeGreaterThan(30);
    expect(theirs.filter(({ name, gotrue }) => ourNameOf(gotrue, known) !== name)).toEqual([]);
  });
});

describe('docs/audit.md', () => {
  test('has every action in its table, and none that is gone', () => {
    const actions = namesIn(read('docs/audit.md'), /^\| `([a-z_]+\.[a-z_]+)` \|/gm);
    expect(actions.sort()).toEqual(Object.keys(AUDIT_ACTIONS).sort());
  });
});

describe('the guides', () => {
  const all = [read('README.md'), ...guides.map(read)].join('\n');

  test('have every variable in a table', () => {
    const variables = namesIn(read('.env.example'), /^([A-Z_]+)=/gm);
    expect(variables.length).toBeGreaterThan(20);
    expect(variables.filter((name) => !all.includes(`\`${name}\``))).toEqual([]);
  });

  test('have every code of a refused request in a table', () => {
    expect(REFUSAL_CODES.filter((code) => !read('docs/errors.md').includes(`\`${code}\``))).toEqual([]);
  });

  test('have every operation', () => {
    const roots = namesIn(
      read('schema.graphql'),
      /^type (?:Query|Mutation|Subscription) \{\n([\s\S]*?)^\}/gm,
    );
    const operations = roots.flatMap((fields) => namesIn(fields, /^ {2}(\w+)[(:]/gm));
    expect(operations.length).toBeGreaterThan(60);
    expect(operations.filter((name) => !new RegExp(`\\b${name}\\b`).test(all))).toEqual([]);
  });

  test('are all in the index of the README', () => {
    const index = /## I want to …\n([\s\S]*?)\n## /.exec(read('README.md'))![1]!;
    expect(guides.filter((guide) => !index.includes(`](${guide}`))).toEqual([]);
  });
});
