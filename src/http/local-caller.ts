/** Whether a request comes from the machine or the network of whoever develops: for what shows codes and links to anybody who looks. */
import { isIP } from 'node:net';
import proxyAddr from 'proxy-addr';

// Carrier-grade NAT is what private networks over the internet number themselves with.
const isPrivate = proxyAddr.compile(['loopback', 'linklocal', 'uniquelocal', '100.64.0.0/10']);

/** Names that no stranger can register and point at this machine, which is how a page elsewhere would get round the browser's rules. */
const LOCAL_NAME = /^[^.]+$|\.(localhost|local|internal|test)$/;

/**
 * False for what came in from outside, also by a proxy that says so, and for what a page of another site asked for. An operator who forgot
 * to say `NODE_ENV=production` does not show everybody's mail to the world, unless their proxy says nothing of whom it serves and calls us by
 * a name of this machine.
 */
export function isLocalCaller(request: Request, remoteAddress: string): boolean {
  const hostname = new URL(request.url).hostname.replace(/^\[|\]$/g, '');
  const isLocalHost = isIP(hostname) ? isPrivateAddress(hostname) : LOCAL_NAME.test(hostname);
  const hops = request.headers.get('x-forwarded-for')?.split(',') ?? [];
  const realIp = request.headers.get('x-real-ip');
  const from = [remoteAddress, ...hops, ...(realIp === null ? [] : [realIp])].map((address) =>
    address.trim(),
  );
  const site = request.headers.get('sec-fetch-site') ?? 'none';
  const isOwnPage = site === 'same-origin' || (site === 'none' && !request.headers.has('origin'));
  // A link from elsewhere may lead here: what it opens cannot be read from there.
  const isNavigation = request.headers.get('sec-fetch-mode') === 'navigate' && request.method === 'GET';
  // RFC 7239: development needs no proxy that writes it, and so nobody reads it here.
  const isForwarded = request.headers.has('forwarded');
  return isLocalHost && !isForwarded && from.every(isPrivateAddress) && (isOwnPage || isNavigation);
}

function isPrivateAddress(address: string): boolean {
  return isIP(address) !== 0 && isPrivate(address, 0);
}
