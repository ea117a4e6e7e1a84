/** Which addresses are on the public internet, and so neither this machine nor a neighbour of it. */
import ipaddr from 'ipaddr.js';

/** Of the ranges that may be routed, those that answer with what only this machine may know. */
const METADATA_SERVICES = new Set(['168.63.129.16']);
/** All there is of public IPv6. What lies outside embeds IPv4 addresses, or is reserved. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number];

/** Only an address that is certainly public counts as one. An IPv4 address in IPv6 is judged as what it is. */
export function isPublicAddress(text: string): boolean {
  // A zone (`fe80::1%eth0`) belongs to a link, and public addresses have none.
  if (!ipaddr.isValid(text) || text.includes('%')) return false;
  const address = ipaddr.process(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv6
    ? address.match(GLOBAL_IPV6)
    : !METADATA_SERVICES.has(address.toString());
}
