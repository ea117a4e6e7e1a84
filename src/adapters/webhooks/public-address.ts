/** Whose an address is: everybody's, the own network's, or nobody's to whom anything may be sent. */
import ipaddr from 'ipaddr.js';

export type Reach = 'public' | 'own-network' | 'never';

/** What tells whoever asks from a machine in a cloud that machine's own secrets. Others are link-local. */
const METADATA_SERVICES: ReadonlySet<string> = new Set([
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd20:ce::254',
]);
/** Where receivers of one's own are. */
const OWN_NETWORK: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat']);
/** All there is of public IPv6. What lies outside embeds IPv4 addresses, or is reserved. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/** Only an address that is certainly public, or the own network's, counts as one. An IPv4 address in IPv6 is judged as what it is. */
export function reachOf(text: string): Reach {
  // A zone (`fe80::1%eth0`) belongs to a link, and other addresses have none.
  if (!ipaddr.isValid(text) || text.includes('%')) return 'never';
  const address = ipaddr.process(text);
  if (METADATA_SERVICES.has(address.toString())) return 'never';
  const range = address.range();
  if (OWN_NETWORK.has(range)) return 'own-network';
  if (range !== 'unicast') return 'never';
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_IPV6) ? 'public' : 'never';
}
