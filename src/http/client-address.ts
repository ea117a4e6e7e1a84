/** Who is at the other end, as far as the configured proxies are believed. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';

/** Answers an IP address, always: what else a proxy may write there is not believed. */
export type ReadClientAddress = (remoteAddress: string, forwardedFor: string | null) => string;

/**
 * @param trustProxy addresses and ranges (CIDR) whose `X-Forwarded-For` is believed; empty: nobody's
 * @throws {TypeError} when one of them is neither
 */
export function createClientAddressReader(trustProxy: readonly string[]): ReadClientAddress {
  const isTrusted = proxyAddr.compile([...trustProxy]);
  return (remoteAddress, forwardedFor) => {
    if (forwardedFor === null) return plain(remoteAddress);
    const request = { socket: { remoteAddress }, headers: { 'x-forwarded-for': forwardedFor } };
    const address = withoutPort(proxyAddr(request as unknown as IncomingMessage, isTrusted));
    return plain(isIP(address) ? address : remoteAddress);
  };
}

/** Some proxies write the port as well: `192.0.2.7:4711`, `[2001:db8::7]:4711`. */
function withoutPort(address: string): string {
  return address.replace(/^\[(.+)\](?::\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}

/** A socket that listens on IPv6 too writes IPv4 as `::ffff:192.0.2.7`; the limits must see one address, not two. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}
