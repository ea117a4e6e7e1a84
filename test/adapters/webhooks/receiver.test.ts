import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createReceivers, type Resolve } from '../../../src/adapters/webhooks/receiver.ts';
import { sendWebhook } from '../../../src/adapters/webhooks/webhook-request.ts';
import { SECRET } from './scene.ts';

const STRICT = { allowPrivate: false, requireTls: true };
const nobody: Resolve = () => Promise.reject(new Error('no such name'));
const leadsTo =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const PRIVATE_HOSTS = [
  '127.0.0.1',
  '127.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '017700000001',
  '0177.0.0.1',
  '0',
  '0.0.0.0',
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '2852039166',
  '100.64.0.1',
  '100.100.100.200',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '168.63.129.16',
  '１２７.0.0.1',
  '127。0。0。1',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:a9fe:a9fe]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b:1::1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[100::1]',
  '[2001:db8::1]',
  '[5f00::1]',
  '[3fff::1]',
  '[4000::1]',
];

describe('where webhooks may be sent', () => {
  test.each(PRIVATE_HOSTS)('is not %s, when it is given and when it is connected to', async (host) => {
    const url = `https://${host}:8443/x`;
    const receivers = createReceivers(STRICT, nobody);
    expect(await receivers.check(url)).toMatchObject({ code: 'PRIVATE_ADDRESS' });
    expect(() => receivers.lookupFor(new URL(url))).toThrow('leads to this');
  });

  test.each([
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://example.com/',
    'https://[::ffff:8.8.8.8]/x?y',
  ])('is %s', async (url) => {
    expect(
      await createReceivers(STRICT, leadsTo('93.184.216.34', '2606:2800:220:1::1')).check(url),
    ).toBeNull();
  });

  test.each([
    ['', 'INVALID_FORMAT'],
    ['example.com', 'INVALID_FORMAT'],
    ['ftp://example.com', 'INVALID_FORMAT'],
    ['file:///etc/passwd', 'INVALID_FORMAT'],
    ['https://user:pass@example.com', 'INVALID_FORMAT'],
    ['https://example.com/#x', 'INVALID_FORMAT'],
    ['https://exa\0mple.com/', 'INVALID_FORMAT'],
    [`https://example.com/${'x'.repeat(2048)}`, 'TOO_LONG'],
    ['http://example.com/', 'HTTPS_REQUIRED'],
  ])('is not %j: %s', async (url, code) => {
    expect(await createReceivers(STRICT, leadsTo('8.8.8.8')).check(url)).toMatchObject({ code });
  });

  test('is no name of which one address is private', async () => {
    const receivers = createReceivers(STRICT, leadsTo('8.8.8.8', '::ffff:10.0.0.1'));
    expect(await receivers.check('https://example.com/')).toMatchObject({ code: 'PRIVATE_ADDRESS' });
  });

  test('is a name that nobody knows yet', async () => {
    expect(await createReceivers(STRICT, nobody).check('https://soon.example.com/')).toBeNull();
  });

  test('is in the own network where that is allowed, and only there without TLS in production', async () => {
    const rules = { allowPrivate: true, requireTls: true };
    expect(await createReceivers(rules, leadsTo('10.0.0.7')).check('http://crm/')).toBeNull();
    expect(await createReceivers(rules, nobody).check('http://127.0.0.1:3000/')).toBeNull();
    const outside = await createReceivers(rules, leadsTo('8.8.8.8')).check('http://example.com/');
    expect(outside).toMatchObject({ code: 'HTTPS_REQUIRED' });
  });

  test.each([
    '169.254.169.254',
    '169.254.170.2',
    '2852039166',
    '100.100.100.200',
    '168.63.129.16',
    '0.0.0.0',
    '[::ffff:a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
    '[fe80::1]',
    '[fd00:ec2::254]',
  ])('is not %s, even where the own network is allowed', async (host) => {
    const url = `http://${host}/latest/meta-data/`;
    const receivers = createReceivers(
      { allowPrivate: true, requireTls: false },
      leadsTo('127.0.0.1', '169.254.169.254'),
    );
    expect(await receivers.check(url)).toMatchObject({ code: 'PRIVATE_ADDRESS' });
    expect(() => receivers.lookupFor(new URL(url))).toThrow('own link');
    expect(await receivers.check('http://crm/')).toMatchObject({ code: 'PRIVATE_ADDRESS' });
  });

  test('is judged by the address that is connected to, whatever the name led to when it was given', async () => {
    let hits = 0;
    const server = createServer((_request, response) => {
      hits += 1;
      response.end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answers = [leadsTo('93.184.216.34'), leadsTo('127.0.0.1')];
    const receivers = createReceivers({ allowPrivate: false, requireTls: false }, (name) =>
      answers.shift()!(name),
    );
    const url = `http://rebind.example.com:${port}/`;
    expect(await receivers.check(url)).toBeNull();
    const message = { url, id: 'x', body: '{}', sentAt: new Date(), secrets: [SECRET] };
    await expect(sendWebhook(message, receivers)).rejects.toThrow('refused: PRIVATE_ADDRESS');
    expect(hits).toBe(0);
    expect(answers).toEqual([]);
    // And where it is allowed, the connection goes to the address that was judged, not to where the system would look the name up.
    const open = createReceivers({ allowPrivate: true, requireTls: false }, leadsTo('127.0.0.1'));
    expect(await sendWebhook(message, open)).toMatchObject({ status: 200 });
    expect(hits).toBe(1);
  });
});
