/** Where webhooks may be sent: judged when the address is given, and again for the very connection that is made. */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import type { CheckReceiver, WebhookProblem } from '../../identity/webhooks/webhook.ts';
import { reachOf } from './public-address.ts';

export interface ReceiverRules {
  /** Whether this machine and its network may be sent to. */
  readonly allowPrivate: boolean;
  /** Whether what leaves the own network must be encrypted. */
  readonly requireTls: boolean;
}

/** The addresses of a name. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>;

export class RefusedReceiverError extends Error {
  override readonly name = 'RefusedReceiverError';
  readonly problem: WebhookProblem;

  constructor(problem: WebhookProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

const MAX_URL_CHARACTERS = 2048;

const NOT_A_URL: WebhookProblem = {
  code: 'INVALID_FORMAT',
  message: 'An address that starts with https://, without a user, a password or a fragment.',
};
const PRIVATE: WebhookProblem = {
  code: 'PRIVATE_ADDRESS',
  message:
    'It leads to this machine or its network. Its operator can allow that by WEBHOOK_ALLOW_PRIVATE=on.',
};
/** Where no setting allows it: a cloud's metadata service answers there. */
const NEVER: WebhookProblem = {
  code: 'PRIVATE_ADDRESS',
  message: 'It leads to this machine’s own link, or to an address that is nobody’s.',
};
const NOT_TLS: WebhookProblem = {
  code: 'HTTPS_REQUIRED',
  message: 'An address that starts with https://.',
};

const resolveByName: Resolve = (hostname) => promisify(systemLookup)(hostname, { all: true });

export interface Receivers {
  check: CheckReceiver;
  /** For a connection: hands out addresses that may be connected to, and no others. @throws {RefusedReceiverError} for a URL of one that may not */
  lookupFor(url: URL): LookupFunction;
}

export function createReceivers(rules: ReceiverRules, resolve: Resolve = resolveByName): Receivers {
  function problemOf(address: string, protocol: string): WebhookProblem | null {
    const reach = reachOf(address);
    if (reach === 'never') return NEVER;
    if (reach === 'own-network') return rules.allowPrivate ? null : PRIVATE;
    return protocol === 'http:' && rules.requireTls ? NOT_TLS : null;
  }

  function problemOfAny(addresses: readonly { address: string }[], protocol: string): WebhookProblem | null {
    for (const { address } of addresses) {
      const problem = problemOf(address, protocol);
      if (problem) return problem;
    }
    return null;
  }

  /** As far as it can be told without asking for the addresses of a name. */
  function problemOfUrl(url: URL): WebhookProblem | null {
    if (url.protocol === 'http:' && rules.requireTls && !rules.allowPrivate) return NOT_TLS;
    const literal = addressIn(url);
    return literal ? problemOf(literal, url.protocol) : null;
  }

  return {
    async check(text) {
      if (text.length > MAX_URL_CHARACTERS) {
        return { code: 'TOO_LONG', message: `At most ${MAX_URL_CHARACTERS} characters.` };
      }
      const url = URL.parse(text);
      if (!url || !isPlain(url)) return NOT_A_URL;
      const problem = problemOfUrl(url);
      if (problem || addressIn(url)) return problem;
      // A name that nobody knows yet may be known by the time something is sent, and is judged again then.
      return resolve(url.hostname).then(
        (addresses) => problemOfAny(addresses, url.protocol),
        () => null,
      );
    },

    lookupFor(url) {
      const problem = problemOfUrl(url);
      if (problem) throw new RefusedReceiverError(problem);
      return (hostname, options, answer) => {
        resolve(hostname).then(
          (addresses) => {
            const refused = problemOfAny(addresses, url.protocol);
            if (refused) answer(new RefusedReceiverError(refused), '');
            else if (options.all) answer(null, addresses);
            else answer(null, addresses[0]!.address, addresses[0]!.family);
          },
          (error) => answer(error, ''),
        );
      };
    },
  };
}

const isPlain = ({ protocol, username, password, hash }: URL) =>
  /^https?:$/.test(protocol) && !username && !password && !hash;

/** Null where the host is a name. Whatever spelling of an address was given, decimal or octal, `URL` has made one of it. */
function addressIn({ hostname }: URL): string | null {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) ? host : null;
}
