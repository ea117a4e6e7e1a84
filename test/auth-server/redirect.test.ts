import { describe, expect, test } from 'vitest';
import { redirectTarget } from '../../src/auth-server/protocol/redirect.ts';

const SITE = 'https://app.example.com';
const settings = {
  siteUrl: SITE,
  redirectAllowList: [
    'https://exact.example.com/welcome',
    'https://*.preview.example.com/**',
    'https://bare.example.com',
    'myapp://callback',
    'https://docs-{one,two}.example.com/[a-c]?',
    'http://192.0.2.1/**',
    'http://127.0.0.1/**',
  ],
};
const target = (requested: string) => redirectTarget(settings, requested);

describe('a redirect target', () => {
  test.each([
    ['the application itself', `${SITE}/anything?a=1#b`],
    ['an exact entry', 'https://exact.example.com/welcome'],
    ['one label for a star', 'https://pr-7.preview.example.com/a/b.html'],
    ['an origin without its slash', 'https://bare.example.com/'],
    ['the scheme of an installed application', 'myapp://callback'],
    ['one of several', 'https://docs-two.example.com/bx'],
    ['the loopback, which the list names', 'http://127.0.0.1/cb'],
  ])('is allowed: %s', (_name, requested) => {
    expect(target(requested)).toBe(requested);
  });

  test.each([
    ['nothing', ''],
    ['no address at all', 'not an address'],
    ['another host', 'https://evil.example'],
    ['the same host without TLS', 'http://app.example.com/'],
    ['another port', `${SITE}:8443/`],
    ['a host that begins like ours', 'https://app.example.com.evil.example/'],
    ['ours as the user of another host', 'https://app.example.com@evil.example/'],
    ['ours behind a backslash', 'https://evil.example\\@app.example.com/'],
    ['more than what is exact', 'https://exact.example.com/welcome/more'],
    ['two labels for one star', 'https://a.b.preview.example.com/'],
    ['a slash where a star stands', 'https://evil.example/.preview.example.com/'],
    ['a path beyond an origin', 'https://bare.example.com/x'],
    ['what a question mark stops at', 'https://docs-one.example.com/a.'],
    ['an address by number, though the list has it', 'http://192.0.2.1/x'],
    ['that number spelt as one', 'http://3221225985/x'],
    ['a script', 'javascript:alert(1)//myapp://callback'],
    ['data', 'data:text/html,x'],
    ['what nobody could remember', `https://x.preview.example.com/${'a'.repeat(2048)}`],
  ])('becomes the application instead: %s', (_name, requested) => {
    expect(target(requested)).toBe(SITE);
  });

  test('may have any port on the loopback, where the application is there', () => {
    const local = { siteUrl: 'http://localhost:3000', redirectAllowList: [] };
    expect(redirectTarget(local, 'http://localhost:5173/cb')).toBe('http://localhost:5173/cb');
    expect(redirectTarget(local, 'https://localhost:5173/cb')).toBe('http://localhost:3000');
  });
});
