/** Settings that are no mistake by themselves, and weaken an installation that others reach. */
import type { Config } from '../../config/config.ts';
import { type Finding, type Installation, ok, warn } from './check.ts';

export async function checkConfiguration({ config }: Installation): Promise<Finding[]> {
  const { auth, http, production } = config;
  const where = auth.kind === 'supabase' ? `Supabase at ${auth.url}` : 'the embedded auth server';
  const findings = [
    ok(`${production ? 'production' : 'development'}, with ${where}`),
    ...weaknessesOf(config),
  ];
  for (const warning of config.warnings) {
    findings.push(
      warn(
        warning,
        'docs/settings.md says what there is to set, and what of Supabase Auth’s settings is read.',
      ),
    );
  }
  if (auth.kind === 'embedded') {
    for (const glob of auth.redirectAllowList.filter(allowsAnyHost)) {
      findings.push(
        warn(
          `REDIRECT_ALLOW_LIST allows any host by ${glob}`,
          'Name the hosts: whoever has a page of their own there is sent the codes and tokens of people who follow their links.',
        ),
      );
    }
    if (!production && auth.phone.autoconfirm && auth.phone.enabled) {
      findings.push(
        warn('SMS_AUTOCONFIRM is on', 'A number then proves nothing; turn it off before others use this.'),
      );
    }
  }
  if (production && http.trustProxy.length === 0 && http.externalUrl.startsWith('https:')) {
    findings.push(
      warn(
        'TRUST_PROXY is empty, while the outside comes by https',
        'Name the proxy that ends TLS: without it all callers have its address, and share its limits.',
      ),
    );
  }
  return findings;
}

function weaknessesOf({ production, http, rateLimits }: Config): Finding[] {
  const findings: Finding[] = [];
  if (!production && !isLocal(http.externalUrl)) {
    findings.push(
      warn(
        `NODE_ENV is not production, and API_EXTERNAL_URL is ${http.externalUrl}`,
        'Set NODE_ENV=production: GraphiQL, the mailbox of development and weak settings are for your own machine.',
      ),
    );
  }
  if (!rateLimits)
    findings.push(warn('RATE_LIMITS is off', 'Turn it on: passwords and codes can be guessed without end.'));
  if (production && http.corsOrigins.includes('*')) {
    findings.push(warn('CORS_ORIGINS allows every page', 'Name the origins of your frontends.'));
  }
  if (production && http.graphiql)
    findings.push(warn('GRAPHIQL is on in production', 'Turn it off unless outsiders are meant to explore.'));
  return findings;
}

/** `**` crosses dots and slashes: before the path begins it stands for any host. */
export function allowsAnyHost(glob: string): boolean {
  const [, rest = glob] = glob.split('://', 2);
  return rest.split('/')[0]!.includes('**');
}

const isLocal = (url: string) => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
