/** Ceremonies with passkeys, whole: what the server asks, what the browser does with it, and what the server says to that. */
import { LimenClientError } from './client-error.ts';
import type {
  FinishPasskeyRegistrationInput,
  FinishPasskeyRegistrationMutation,
  FinishPasskeySignInInput,
  FinishPasskeySignInMutation,
  StartPasskeyRegistrationInput,
  StartPasskeyRegistrationMutation,
  StartPasskeySignInMutation,
} from './generated/operations.ts';

type Json = Record<string, unknown>;
type RegistrationStarted = StartPasskeyRegistrationMutation['startPasskeyRegistration'];
type RegistrationFinished = FinishPasskeyRegistrationMutation['finishPasskeyRegistration'];
type SignInStarted = StartPasskeySignInMutation['startPasskeySignIn'];
type SignInFinished = FinishPasskeySignInMutation['finishPasskeySignIn'];

export type RegisterPasskeyResult =
  | Exclude<RegistrationStarted, { __typename: 'PasskeyRegistrationChallenge' }>
  | RegistrationFinished;
export type SignInWithPasskeyResult =
  | Exclude<SignInStarted, { __typename: 'PasskeySignInChallenge' }>
  | SignInFinished;

/** With a proof of who asks, where the session does not show it: see `docs/passkeys.md`. */
export interface RegisterPasskeyOptions extends StartPasskeyRegistrationInput {
  /** What the person calls it: `Work laptop`. */
  name?: string | null;
  /** Takes the browser's dialogue away: the call then rejects with `PASSKEY_CANCELLED`. */
  signal?: AbortSignal;
}

export interface SignInWithPasskeyOptions {
  /**
   * `conditional`: no dialogue; the browser offers passkeys where it fills in the name of the user, in an input with
   * `autocomplete="username webauthn"`, for as long as the page is there or until another ceremony begins.
   */
  mediation?: 'conditional';
  /** Takes the browser's offer away: the call then rejects with `PASSKEY_CANCELLED`. */
  signal?: AbortSignal;
}

/** @throws {LimenClientError} PASSKEYS_NOT_SUPPORTED, PASSKEY_CANCELLED, PASSKEY_FAILED, and what the calls reject with */
export async function registerPasskey(
  server: {
    start(proof: StartPasskeyRegistrationInput): Promise<RegistrationStarted>;
    finish(input: FinishPasskeyRegistrationInput): Promise<RegistrationFinished>;
  },
  { name, signal, ...proof }: RegisterPasskeyOptions,
): Promise<RegisterPasskeyResult> {
  assertSupported();
  const started = await server.start(proof);
  if (started.__typename !== 'PasskeyRegistrationChallenge') return started;
  const { challengeId, options } = started;
  const credential = await create(options, signal);
  if (credential) return server.finish({ challengeId, credential, name: name ?? null });
  return {
    __typename: 'PasskeyExistsError',
    code: 'PASSKEY_EXISTS',
    message: 'There is a passkey here already.',
  };
}

/** @throws {LimenClientError} PASSKEYS_NOT_SUPPORTED, PASSKEY_CANCELLED, PASSKEY_FAILED, and what the calls reject with */
export async function signInWithPasskey(
  server: {
    start(): Promise<SignInStarted>;
    finish(input: FinishPasskeySignInInput): Promise<SignInFinished>;
  },
  { mediation, signal }: SignInWithPasskeyOptions,
): Promise<SignInWithPasskeyResult> {
  assertSupported();
  if (mediation && !(await PublicKeyCredential.isConditionalMediationAvailable())) {
    throw notSupported('to fill in passkeys');
  }
  for (;;) {
    const started = await server.start();
    if (started.__typename !== 'PasskeySignInChallenge') return started;
    const { challengeId, options } = started;
    // An offer may stand for hours, and the challenge is over after minutes: it is made again in time.
    const renewal = mediation ? AbortSignal.timeout(renewAfterMs(options)) : undefined;
    const credential = await get(options, mediation, anyOf(signal, renewal)).catch((error: unknown) => {
      if (renewal?.aborted && !signal?.aborted) return null;
      throw error;
    });
    if (credential) return server.finish({ challengeId, credential });
  }
}

/** Null: the authenticator has one of those that the server named, which is the same as if the server had found out. */
async function create(options: Json, signal: AbortSignal | undefined): Promise<Json | null> {
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
      options as unknown as PublicKeyCredentialCreationOptionsJSON,
    );
    return jsonOf(await alone(signal, (signal) => navigator.credentials.create({ publicKey, signal })));
  } catch (error) {
    if (nameOf(error) === 'InvalidStateError') return null;
    throw failure(error);
  }
}

async function get(
  options: Json,
  mediation: 'conditional' | undefined,
  signal: AbortSignal | undefined,
): Promise<Json> {
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
      options as unknown as PublicKeyCredentialRequestOptionsJSON,
    );
    return jsonOf(
      await alone(signal, (signal) =>
        navigator.credentials.get({ publicKey, signal, ...(mediation && { mediation }) }),
      ),
    );
  } catch (error) {
    throw failure(error);
  }
}

const RENEWAL_MARGIN_MS = 30_000;
const USUAL_LIFE_MS = 300_000;

/** `timeout` is how long the challenge lives, as the server wrote it; its clock may not be ours. */
function renewAfterMs({ timeout }: Json): number {
  const life = typeof timeout === 'number' && timeout > 0 ? timeout : USUAL_LIFE_MS;
  return Math.max(life - RENEWAL_MARGIN_MS, life / 2);
}

let pending: AbortController | null = null;

/** A page has one ceremony at a time, and browsers refuse a second one: the one before, most often an offer to fill in, is taken away. */
async function alone<Result>(
  given: AbortSignal | undefined,
  ceremony: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  pending?.abort(new DOMException('Another ceremony began.', 'AbortError'));
  const controller = new AbortController();
  pending = controller;
  try {
    return await ceremony(anyOf(controller.signal, given) ?? controller.signal);
  } finally {
    if (pending === controller) pending = null;
  }
}

function anyOf(...signals: (AbortSignal | null | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal != null);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}

function assertSupported(): void {
  const isSupported =
    typeof PublicKeyCredential === 'function' &&
    typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function' &&
    typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function';
  if (!isSupported) throw notSupported('to make and use passkeys');
}

/** Browsers hide passkeys from pages that came without TLS. */
const notSupported = (what: string) =>
  new LimenClientError(
    'PASSKEYS_NOT_SUPPORTED',
    `This browser is too old ${what}, or the page came without TLS.`,
  );

/** What a password manager puts in the browser's place is not always of the browser's class. */
function jsonOf(credential: Credential | null): Json {
  const { toJSON } = (credential ?? {}) as Partial<PublicKeyCredential>;
  if (typeof toJSON !== 'function') {
    throw new LimenClientError('PASSKEY_FAILED', 'The browser answered with no passkey.');
  }
  return toJSON.call(credential) as unknown as Json;
}

/** Browsers say `NotAllowedError` of a person who closed the dialogue, and of one who has no passkey, on purpose alike. */
function failure(error: unknown): unknown {
  if (error instanceof LimenClientError) return error;
  const name = nameOf(error);
  return name === 'NotAllowedError' || name === 'AbortError' || name === 'TimeoutError'
    ? new LimenClientError('PASSKEY_CANCELLED', 'No passkey was chosen.', { cause: error })
    : new LimenClientError('PASSKEY_FAILED', `The browser refused: ${name}.`, { cause: error });
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : '');
