import { isIPv6 } from 'node:net';

/**
 * What attempts from an address are counted under. Whoever has an IPv6 address has at least the 2^64 of its network, so these count as one;
 * an IPv4 address counts for itself, in either spelling. What is no IP address comes back as it is.
 */
export function networkOf(address: string): string {
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return bare;
  const groups = groupsOf(bare);
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return groups.slice(6).map(twoBytes).join('.');
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups, in hexadecimal without leading zeros. */
function groupsOf(ipv6: string): string[] {
  // The URL parser writes every address in the one form of RFC 5952, but for the mapped IPv4 ones, which stay hexadecimal.
  const canonical = new URL(`http://[${ipv6}]/`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((part) => part.split(':').filter(Boolean));
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}

function twoBytes(group: string): string {
  const value = Number.parseInt(group, 16);
  return `${value >> 8}.${value & 255}`;
}
