import { describe, expect, test } from 'vitest';
import type { Message } from '../../src/adapters/mail/message.ts';
import type { DevMailbox } from '../../src/http/dev-mail/dev-mail.ts';
import { addToOutbox, mail } from '../adapters/mail/messages.ts';
import { createTestApp } from '../support/app.ts';
import { createTestHttpApp } from './http-test-app.ts';

async function createMailApp() {
  const testApp = await createTestApp();
  return {
    ...testApp,
    async sendMail(...messages: Message[]) {
      await addToOutbox(testApp.database, testApp.clock.now, ...messages);
      await testApp.mail.workOff();
    },
    get: (path: string, headers: Record<string, string> = {}, remoteAddress?: string) =>
      testApp.send(new Request(`http://localhost${path}`, { headers }), remoteAddress),
  };
}

const EMPTY: DevMailbox = { list: async () => [], htmlOf: async () => null, version: async () => '0' };

describe('/dev/mail.json', () => {
  test('lists what was sent, the newest first, with link and code; to one recipient where asked', async () => {
    const app = await createMailApp();
    await app.sendMail(mail('confirm-signup'));
    await app.sendMail(mail('recovery', { to: 'grace@example.com', code: '654321' }));
    const all = await (await app.get('/dev/mail.json')).json();
    expect(all.messages).toMatchObject([
      { channel: 'email', to: 'grace@example.com', template: 'recovery', code: '654321' },
      { to: 'ada@example.com', template: 'confirm-signup', code: '123456', link: mail('invite').link },
    ]);
    const { messages } = await (await app.get('/dev/mail.json?to=Ada%40example.com')).json();
    expect(messages).toHaveLength(1);
    expect(messages[0].text).toContain('123456');
    const response = await app.get(messages[0].html);
    expect(await response.text()).toMatch(/^<!doctype html>[\s\S]*<base target="_blank">[\s\S]*123456/);
    expect(response.headers.get('content-security-policy')).toContain('sandbox allow-popups');
    expect((await app.get('/dev/mail/00000000-0000-0000-0000-000000000000')).status).toBe(404);
  });

  test('finds a recipient with a plus sign, escaped or not, and a number with or without it', async () => {
    const app = await createMailApp();
    await app.sendMail(mail('recovery', { to: 'ada+limen@example.com' }));
    const text = {
      channel: 'sms',
      to: '4915112345678',
      template: 'phone-code',
      code: '123456',
      locale: null,
    };
    await app.sendMail(text as Message);
    const found = async (to: string) =>
      (await (await app.get(`/dev/mail.json?to=${to}`)).json()).messages.map(
        (message: { to: string }) => message.to,
      );
    for (const to of ['ada+limen@example.com', 'ada%2Blimen@example.com'])
      expect(await found(to)).toEqual(['ada+limen@example.com']);
    for (const to of ['4915112345678', '+4915112345678', '%2B4915112345678'])
      expect(await found(to)).toEqual(['4915112345678']);
  });

  test('has nothing for a recipient or a mail that cannot be', async () => {
    const app = await createMailApp();
    await app.sendMail(mail('recovery'));
    expect(await (await app.get('/dev/mail.json?to=%00')).json()).toEqual({ messages: [] });
    expect((await app.get('/dev/mail/%00')).status).toBe(404);
  });

  test('costs little to ask again and again', async () => {
    const app = await createMailApp();
    const etag = (await app.get('/dev/mail.json')).headers.get('etag')!;
    expect((await app.get('/dev/mail.json', { 'if-none-match': etag })).status).toBe(304);
    await app.sendMail(mail('invite'));
    expect((await app.get('/dev/mail.json', { 'if-none-match': etag })).status).toBe(200);
  });
});

describe('the mailbox of development', () => {
  const { app } = createTestHttpApp({ mailbox: EMPTY, settings: { corsOrigins: ['*'] } });
  const status = async (url: string, headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
    (await app.fetch(new Request(url, { headers }), { remoteAddress })).status;

  test.each([
    ['this machine', 'http://localhost:8001/dev/mail', {}, '127.0.0.1'],
    ['this machine by number', 'http://[::1]:8001/dev/mail.json', {}, '::1'],
    ['the network at home', 'http://192.168.1.5:8001/dev/mail', {}, '192.168.1.9'],
    ['a container', 'http://limen:8001/dev/mail.json', {}, '172.17.0.1'],
    [
      'a proxy for development',
      'http://limen.localhost/dev/mail',
      { 'x-forwarded-for': '10.0.0.7' },
      '::ffff:10.0.0.2',
    ],
    ['its own page', 'http://localhost/dev/mail.json', { 'sec-fetch-site': 'same-origin' }, '127.0.0.1'],
    [
      'a link to it',
      'http://localhost/dev/mail',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      '127.0.0.1',
    ],
  ] as const)('is open to %s', async (_who, url, headers, address) => {
    expect(await status(url, headers, address)).toBe(200);
  });

  test.each([
    ['a stranger', 'http://203.0.113.5/dev/mail', {}, '203.0.113.9'],
    ['a stranger who knows a name for it', 'http://localhost/dev/mail', {}, '203.0.113.9'],
    [
      'a stranger behind a proxy',
      'http://localhost/dev/mail',
      { 'x-forwarded-for': '203.0.113.9' },
      '127.0.0.1',
    ],
    [
      'a stranger whom the proxy names',
      'http://localhost/dev/mail',
      { 'x-real-ip': '203.0.113.9' },
      '127.0.0.1',
    ],
    [
      'a stranger whom the proxy names by the standard',
      'http://localhost/dev/mail',
      { forwarded: 'for="[2001:db8::7]"' },
      '127.0.0.1',
    ],
    ['the world, by a proxy that keeps quiet', 'http://id.example.com/dev/mail', {}, '127.0.0.1'],
    [
      'a page of another site',
      'http://localhost/dev/mail.json',
      { 'sec-fetch-site': 'cross-site' },
      '127.0.0.1',
    ],
    [
      'a page of another port',
      'http://localhost/dev/mail.json',
      { 'sec-fetch-site': 'same-site' },
      '127.0.0.1',
    ],
    [
      'a page of a name that was turned around',
      'http://rebound.example/dev/mail.json',
      { 'sec-fetch-site': 'same-origin' },
      '127.0.0.1',
    ],
    [
      'a page in an old browser',
      'http://localhost/dev/mail.json',
      { origin: 'https://evil.example' },
      '127.0.0.1',
    ],
  ] as const)('is closed to %s, whatever origins may call', async (_who, url, headers, address) => {
    const response = await app.fetch(new Request(url, { headers }), { remoteAddress: address });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('is not there in production', async () => {
    const testApp = await createTestApp({
      env: {
        NODE_ENV: 'production',
        SITE_URL: 'https://id.example.com',
        EMAIL_CONFIRMATION: 'off',
        RATE_LIMITS: 'on',
      },
    });
    for (const path of ['/dev/mail', '/dev/mail.json', '/dev/mail/x']) {
      expect((await testApp.send(new Request(`http://localhost${path}`))).status).toBe(404);
    }
  });
});
