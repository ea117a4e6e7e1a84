/** The way of a mailed link: a page with a button, the form it sends, and the redirect to the application with what came of it. */
import { z } from 'zod';
import { noteRefusal } from '../audit/refusals.ts';
import { isPkceToken } from '../codes/one-time-token.ts';
import { verify } from '../codes/verification.ts';
import { verificationOf } from '../codes/verifications.ts';
import { readForm, readQuery } from '../protocol/body.ts';
import { type Call, countAttempt, type Services } from '../protocol/endpoint.ts';
import { type ProtocolError, refusalOf, validationFailed } from '../protocol/protocol-error.ts';
import { redirectTarget } from '../protocol/redirect.ts';
import { sessionAnswer } from '../sessions/session-answer.ts';
import { LINK_HEADERS, linkPage } from './link-page.ts';

const MAX_LENGTH = 2048;

const Link = z.object({
  token: z.string().min(1, 'Verify requires a token or a token hash').max(MAX_LENGTH),
  type: z.string().min(1, 'Verify requires a verification type').max(MAX_LENGTH),
  redirect_to: z.string().max(MAX_LENGTH).default(''),
});
type Link = z.infer<typeof Link>;

/** A `HEAD` shows no more than a `GET` would, and uses nothing up either way. */
export async function openLink(services: Services, call: Call): Promise<Response> {
  const link = readQuery(call.req.url, Link);
  const { settings } = services;
  if (isForApplication(services, link)) return handToApplication(services, call, link);
  if (settings.codes.links === 'direct' && call.req.method !== 'HEAD') {
    return useLink(services, call, link);
  }
  return linkPage({
    token: link.token,
    type: link.type,
    redirectTo: link.redirect_to,
    target: redirectTarget(settings, link.redirect_to),
    acceptLanguage: call.req.header('accept-language') ?? null,
  });
}

/** Whether a request is what the page's button sends, and no call of a program. */
export const isForm = (request: Request) =>
  request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded') === true;

export async function submitLink(services: Services, call: Call): Promise<Response> {
  // Another site's page must not sign its reader in to an account of its own choice.
  if (call.req.header('sec-fetch-site') === 'cross-site') {
    throw validationFailed('Open the link itself');
  }
  const link = await readForm(call.req.raw, Link);
  return isForApplication(services, link)
    ? handToApplication(services, call, link)
    : useLink(services, call, link);
}

/** Without PKCE a link leads to a session in an address, unless the application uses it up itself. */
const isForApplication = ({ settings }: Services, { token }: Link) =>
  settings.codes.links === 'app' && !isPkceToken(token);

/** Looks nothing up and uses nothing up: so scanners may open it, and it is the same for a link that holds and for one that does not. */
function handToApplication({ settings }: Services, call: Call, { token, type, redirect_to }: Link): Response {
  const target = new URL(redirectTarget(settings, redirect_to));
  say(target, { token_hash: token, type }, false);
  return leadTo(call, target);
}

async function useLink(services: Services, call: Call, link: Link): Promise<Response> {
  const { token, type } = link;
  const target = new URL(redirectTarget(services.settings, link.redirect_to));
  const isPkce = isPkceToken(token);
  try {
    const verification = verificationOf(type, 'email');
    if (!verification) throw validationFailed('Invalid email verification type');
    const { client } = call.var;
    await countAttempt(services, client, 'verify');
    const verified = await verify(services, client, verification, { token }, { leadsToCode: true });
    if (verified.kind === 'auth-code') {
      target.searchParams.set('code', verified.authCode);
    } else if (verified.kind === 'message') {
      say(target, { message: verified.message }, isPkce);
    } else {
      const { headers, body } = await sessionAnswer(services, client, verified.grant);
      for (const [name, value] of Object.entries(headers)) call.header(name, value);
      const { access_token, token_type, expires_in, expires_at, refresh_token } = body;
      say(target, { access_token, token_type, expires_in, expires_at, refresh_token, type }, false);
    }
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    noteRefusal(call, refusal);
    say(target, errorParameters(refusal), isPkce);
  }
  return leadTo(call, target);
}

function leadTo(call: Call, target: URL): Response {
  for (const [name, value] of Object.entries(LINK_HEADERS)) call.header(name, value);
  return call.redirect(target.href, 303);
}

/** In the fragment, which browsers keep to themselves; for a flow with PKCE in the query as well, which its server reads. */
function say(target: URL, parameters: Record<string, string | number>, isPkce: boolean): void {
  const texts = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]);
  if (isPkce) for (const [name, value] of texts) target.searchParams.set(name, value);
  target.hash = new URLSearchParams([...texts, ['sb', '']]).toString();
}

const errorParameters = ({ code, message }: ProtocolError) => ({
  error: 'access_denied',
  error_code: code,
  error_description: message,
});
