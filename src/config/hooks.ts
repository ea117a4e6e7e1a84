/** Where the operator's hooks are. Variables and values are Supabase Auth's. */
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { onOff, type Wrong } from './values.ts';

const HOOK_NAMES = [
  'custom_access_token',
  'send_email',
  'send_sms',
  'before_user_created',
  'after_user_created',
  'password_verification_attempt',
  'mfa_verification_attempt',
] as const;

type HookName = (typeof HOOK_NAMES)[number];
type Prefix = `HOOK_${Uppercase<HookName>}`;

/** A hook that is not here is off. Secrets are without the `v1,` in front. */
export type HooksConfig = {
  readonly [Name in HookName]?:
    | { readonly kind: 'http'; readonly url: string; readonly secrets: readonly string[] }
    | { readonly kind: 'postgres'; readonly schema: string; readonly function: string };
};

const uri = z.string().superRefine((text, context) => {
  const url = URL.parse(text);
  if (!url || !['https:', 'http:', 'pg-functions:'].includes(url.protocol)) {
    context.addIssue('an address that starts with https://, http:// or pg-functions://');
  } else if (url.protocol === 'pg-functions:' && !functionIn(url)) {
    context.addIssue('pg-functions://postgres/<schema>/<function>, each of letters, digits and _');
  } else if (url.username || url.password) {
    context.addIssue('without a user and a password in it: calls are signed');
  }
});

/** Several are separated by `|`; each signs, so that a receiver can go from one to the next. */
const secrets = z.string().transform((text, context) => {
  const given = text.split('|').filter((part) => part !== '');
  if (given.length > 0 && given.every(isWebhookSecret)) return given.map((part) => part.slice('v1,'.length));
  context.addIssue('v1,whsec_ and 24 to 64 random bytes in base64; several are separated by |');
  return z.NEVER;
});

type HookVariables = Record<`${Prefix}_ENABLED`, z.ZodDefault<typeof onOff>> &
  Record<`${Prefix}_URI`, z.ZodOptional<typeof uri>> &
  Record<`${Prefix}_SECRETS`, z.ZodOptional<typeof secrets>>;

/** Three for each hook: `HOOK_SEND_EMAIL_ENABLED`, `…_URI` and `…_SECRETS`. */
export const hookVariables = Object.fromEntries(
  HOOK_NAMES.map(prefixOf).flatMap((prefix) => [
    [`${prefix}_ENABLED`, onOff.default(false)],
    [`${prefix}_URI`, uri.optional()],
    [`${prefix}_SECRETS`, secrets.optional()],
  ]),
) as HookVariables;

type HookValues = z.infer<z.ZodObject<HookVariables>>;

export function hooksConfig(env: HookValues): HooksConfig {
  const on = HOOK_NAMES.filter((name) => env[`${prefixOf(name)}_ENABLED`]);
  return Object.fromEntries(on.map((name) => [name, targetOf(env, prefixOf(name))]));
}

function targetOf(env: HookValues, prefix: Prefix): HooksConfig[HookName] {
  const address = env[`${prefix}_URI`] ?? '';
  const target = functionIn(new URL(address));
  return target
    ? { kind: 'postgres', ...target }
    : { kind: 'http', url: address, secrets: env[`${prefix}_SECRETS`] ?? [] };
}

/** Of hooks that are on. */
export function hookProblems(env: HookValues, wrong: Wrong, production: boolean): string[] {
  const on = HOOK_NAMES.map(prefixOf).filter((prefix) => env[`${prefix}_ENABLED`]);
  return on.flatMap((prefix) => {
    const address = env[`${prefix}_URI`];
    if (wrong.has(`${prefix}_URI`)) return [];
    if (!address) return [`${prefix}_URI: missing, while ${prefix}_ENABLED is on`];
    const problems: string[] = [];
    const url = new URL(address);
    const isHttp = url.protocol !== 'pg-functions:';
    if (isHttp && !env[`${prefix}_SECRETS`] && !wrong.has(`${prefix}_SECRETS`)) {
      problems.push(`${prefix}_SECRETS: missing; without a signature the receiver cannot know who calls`);
    }
    if (production && url.protocol === 'http:' && !isThisMachine(url.hostname)) {
      problems.push(
        `${prefix}_URI: production needs https:// for another machine; codes and tokens go there`,
      );
    }
    return problems;
  });
}

/** Hooks that are on, by the variable that says so. */
export const hooksThatAreOn = (env: HookValues): string[] =>
  HOOK_NAMES.map((name) => `${prefixOf(name)}_ENABLED` as const).filter((name) => env[name]);

function prefixOf(name: HookName): Prefix {
  return `HOOK_${name.toUpperCase()}` as Prefix;
}

/** Null where the address is not that of a function in the database. The name of the machine in it says nothing. */
function functionIn({ protocol, pathname }: URL): { schema: string; function: string } | null {
  const identifier = '([a-zA-Z_][a-zA-Z0-9_]{0,62})';
  const [, schema, name] = new RegExp(`^/${identifier}/${identifier}$`).exec(pathname) ?? [];
  return protocol === 'pg-functions:' && schema && name ? { schema, function: name } : null;
}

/** `v1,whsec_…`, as Supabase shows them. */
export function isWebhookSecret(text: string): boolean {
  const base64 = /^v1,whsec_([A-Za-z0-9+/=]+)$/.exec(text)?.[1] ?? '';
  const size = Buffer.from(base64, 'base64').length;
  if (size < 24 || size > 64) return false;
  try {
    // The library is stricter about padding than `Buffer`.
    return Boolean(new Webhook(base64));
  } catch {
    return false;
  }
}

/** `host.docker.internal` is how a container calls the machine it runs on. */
const isThisMachine = (hostname: string) =>
  ['localhost', '[::1]', 'host.docker.internal'].includes(hostname) || /^127(\.\d+){3}$/.test(hostname);
