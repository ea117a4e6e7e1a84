import { describe, expect, test } from 'vitest';
import { createClientAddressReader } from '../../src/http/client-address.ts';

describe('without configured proxies', () => {
  const addressOf = createClientAddressReader([]);

  test('the address is that of the socket, whatever is claimed', () => {
    expect(addressOf('198.51.100.1', null)).toBe('198.51.100.1');
    expect(addressOf('198.51.100.1', '192.0.2.7')).toBe('198.51.100.1');
  });

  test('an IPv4 address is written one way, on sockets of either kind', () => {
    expect(addressOf('::ffff:198.51.100.1', null)).toBe('198.51.100.1');
    expect(addressOf('2001:db8::1', null)).toBe('2001:db8::1');
  });
});

describe('behind configured proxies', () => {
  const addressOf = createClientAddressReader(['10.0.0.0/8', '2001:db8::1']);

  test.each([
    ['10.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['::ffff:10.0.0.1', '192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8::7', '2001:db8::7'],
    ['10.0.0.1', '192.0.2.7, 10.0.0.2', '192.0.2.7'],
    ['10.0.0.1', '192.0.2.7:4711', '192.0.2.7'],
    ['10.0.0.1', '[2001:db8::7]:4711', '2001:db8::7'],
  ])('the address is the last one that no proxy of ours has: %s, %s', (socket, forwardedFor, address) => {
    expect(addressOf(socket, forwardedFor)).toBe(address);
  });

  test('what a client writes in front of it changes nothing', () => {
    expect(addressOf('10.0.0.1', '203.0.113.9, 192.0.2.7')).toBe('192.0.2.7');
  });

  test('a caller that is no proxy is not believed', () => {
    expect(addressOf('198.51.100.1', '192.0.2.7')).toBe('198.51.100.1');
  });

  test.each(['unknown', "'; drop table users", '', '999.1.1.1', '_hidden'])(
    'what is no address falls back to the proxy: %j',
    (forwardedFor) => {
      expect(addressOf('10.0.0.1', forwardedFor)).toBe('10.0.0.1');
    },
  );
});

test('a proxy that is neither an address nor a range is refused at the start', () => {
  expect(() => createClientAddressReader(['proxy.example.com'])).toThrow(TypeError);
});
