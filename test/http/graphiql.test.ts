import { parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { GRAPHIQL_TOUR } from '../../src/http/graphql/graphiql-tour.ts';
import { schema } from '../../src/schema/schema.ts';
import { createTestHttpApp } from './http-test-app.ts';

const { send, app } = createTestHttpApp();
const asBrowser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe("GraphiQL's page", () => {
  test('names no other host in anything that loads', async () => {
    const { status, headers, text } = await send('/graphql', { headers: asBrowser });
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const script = text.indexOf('<script>');
    const markup = text.slice(0, script) + text.slice(text.indexOf('</script>', script));
    // Fonts and pictures are in the page; addresses in it are names (XML namespaces) or links for people.
    expect(markup.match(/\b(?:src|href|action)\s*=\s*(?!["']?data:)[^\s>]{0,60}/g)).toBeNull();
    expect(markup.match(/url\((?!['"]?(?:data:|#))[^)]{0,60}/g)).toBeNull();
    expect(markup).not.toContain('@import');
    expect(text).not.toMatch(/importScripts\(\s*["'`]https?:/);
    expect(text).not.toMatch(/(?:unpkg\.com|jsdelivr\.net|cdnjs\.|esm\.sh|googleapis\.com)/);
  });

  test('has a policy that lets its own script run and nothing else load', async () => {
    const { headers } = await send('/graphql', { headers: asBrowser });
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/script-src 'sha256-[\w+/]+={0,2}'(;|$)/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  test('travels compressed, and once', async () => {
    const get = (headers: Record<string, string>) =>
      app.fetch(new Request('http://limen.test/graphql', { headers: { ...asBrowser, ...headers } }));
    const first = await get({ 'accept-encoding': 'gzip, br' });
    expect(first.headers.get('content-encoding')).toBe('gzip');
    expect((await first.arrayBuffer()).byteLength).toBeLessThan(4_000_000);
    const again = await get({ 'if-none-match': first.headers.get('etag') ?? '' });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  test('is for browsers: programs that GET get an answer in JSON', async () => {
    const { status, body } = await send('/graphql?query={me{id}}', { headers: { accept: '*/*' } });
    expect([status, body]).toEqual([200, { data: { me: { id: '1' } } }]);
  });

  test('is not there where it is switched off', async () => {
    const { status, body } = await createTestHttpApp({ settings: { graphiql: false } }).send('/graphql', {
      headers: asBrowser,
    });
    expect([status, body.errors[0].extensions.code]).toEqual([400, 'BAD_REQUEST']);
  });
});

describe('the tour', () => {
  test('fits the schema', () => {
    expect(validate(schema, parse(GRAPHIQL_TOUR))).toEqual([]);
  });

  test('goes from signing up to changing the profile, by name', () => {
    expect(GRAPHIQL_TOUR.match(/(?<=^(?:query|mutation) )\w+/gm)).toEqual([
      'SignUp',
      'LogIn',
      'Me',
      'UpdateProfile',
    ]);
  });
});
