/**
 * The relying party's half of WebAuthn, for passkeys: what is asked of an authenticator, and whether what it answers is good. Knows neither
 * rows nor requests; whom the site is comes from configuration alone.
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { z } from 'zod';
import {
  type Assertion,
  bytesOf,
  CeremonyError,
  type NewCredential,
  parseClientData,
  textOf,
} from './webauthn-credential.ts';

export interface RelyingParty {
  /** The domain that passkeys are bound to. */
  rpId: string;
  /** Origins of pages; `http://localhost:*` stands for any port. */
  rpOrigins: readonly string[];
  rpName: string;
}

/** It parses certificates of many kinds and takes long to load: only where somebody uses a passkey. */
const webauthn = () => import('@simplewebauthn/server');

/**
 * What every browser and authenticator has, in the order we like them; and what Supabase Auth can verify too: ES256, EdDSA, RS256 (COSE's
 * numbers, RFC 9053).
 */
const ALGORITHMS = [-7, -8, -257];
/** WebAuthn, section 5.8.4; more are to come, so that others are kept too, if they look like one. */
const TRANSPORT = /^[a-z][a-z-]{1,19}$/;
const MAX_TRANSPORTS = 8;

/** For `navigator.credentials.create`: a discoverable credential that verifies its user. */
export async function creationOptions(
  { rpId, rpName }: RelyingParty,
  person: { handle: Uint8Array<ArrayBuffer>; name: string; displayName: string },
  ceremony: { challenge: Uint8Array<ArrayBuffer>; timeoutMs: number },
  existing: readonly { id: Uint8Array; transports: string[] }[],
) {
  const { generateRegistrationOptions } = await webauthn();
  return generateRegistrationOptions({
    rpID: rpId,
    rpName,
    userID: person.handle,
    userName: person.name,
    userDisplayName: person.displayName,
    challenge: ceremony.challenge,
    timeout: ceremony.timeoutMs,
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    excludeCredentials: existing.map(({ id, transports }) => ({ id: textOf(id), transports })),
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

/** For `navigator.credentials.get`: names no credential, so that it says nothing about anybody. */
export async function requestOptions(
  { rpId }: RelyingParty,
  { challenge, timeoutMs }: { challenge: Uint8Array<ArrayBuffer>; timeoutMs: number },
) {
  const { generateAuthenticationOptions } = await webauthn();
  return generateAuthenticationOptions({
    rpID: rpId,
    challenge,
    timeout: timeoutMs,
    userVerification: 'required',
  });
}

export interface VerifiedCredential {
  id: Uint8Array;
  /** COSE. */
  publicKey: Uint8Array<ArrayBuffer>;
  aaguid: string;
  signCount: number;
  transports: string[];
  isBackupEligible: boolean;
  isBackedUp: boolean;
}

/** @throws {CeremonyError} */
export async function verifyNewCredential(
  party: RelyingParty,
  credential: z.output<typeof NewCredential>,
  challenge: string,
): Promise<VerifiedCredential> {
  const expectedOrigin = originOf(party, credential.response.clientDataJSON);
  const { attestationObject, clientDataJSON, transports } = credential.response;
  const { verifyRegistrationResponse } = await webauthn();
  const { verified, registrationInfo: info } = await judged(async () =>
    verifyRegistrationResponse({
      response: {
        ...credential,
        response: { clientDataJSON, attestationObject: await withoutStatement(attestationObject) },
        clientExtensionResults: {},
      } satisfies RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin,
      expectedRPID: party.rpId,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  );
  if (!verified) throw new CeremonyError('The attestation is not good.');
  if (info.credential.id !== credential.id)
    throw new CeremonyError('The id is not the one that was attested.');
  return {
    id: bytesOf(info.credential.id),
    publicKey: info.credential.publicKey,
    aaguid: info.aaguid,
    signCount: info.credential.counter,
    transports: knownTransports(transports ?? []),
    isBackupEligible: info.credentialDeviceType === 'multiDevice',
    isBackedUp: info.credentialBackedUp,
  };
}

export interface VerifiedAssertion {
  /** For whoever keeps it to compare with the one before: only what has been verified may say that a key was copied. */
  signCount: number;
  isBackupEligible: boolean;
  isBackedUp: boolean;
}

/** @throws {CeremonyError} */
export async function verifyAssertion(
  party: RelyingParty,
  credential: z.output<typeof Assertion>,
  challenge: string,
  publicKey: Uint8Array<ArrayBuffer>,
): Promise<VerifiedAssertion> {
  const expectedOrigin = originOf(party, credential.response.clientDataJSON);
  const { verifyAuthenticationResponse } = await webauthn();
  const { verified, authenticationInfo: info } = await judged(async () =>
    verifyAuthenticationResponse({
      response: { ...credential, clientExtensionResults: {} } satisfies AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin,
      expectedRPID: party.rpId,
      requireUserVerification: true,
      // Below every counter, so that it is not compared here, where the signature has not been looked at yet.
      credential: { id: credential.id, publicKey, counter: -1 },
    }),
  );
  if (!verified) throw new CeremonyError('The signature is not good.');
  return {
    signCount: info.newCounter,
    isBackupEligible: info.credentialDeviceType === 'multiDevice',
    isBackedUp: info.credentialBackedUp,
  };
}

/**
 * Attestation is asked for by nobody here, and believed from nobody. Where a browser sends a statement all the same it is left out, unread:
 * to verify one means to parse the sender's certificates and to fetch what they name.
 */
async function withoutStatement(attestation: string): Promise<string> {
  const { decodeAttestationObject, isoCBOR } = await import('@simplewebauthn/server/helpers');
  const decoded = decodeAttestationObject(bytesOf(attestation));
  const authData = decoded.get('authData');
  if (!(authData instanceof Uint8Array)) throw new CeremonyError('There are no authenticator data.');
  return textOf(
    isoCBOR.encode(
      new Map<string, string | Uint8Array<ArrayBuffer> | Map<string, string>>([
        ['fmt', 'none'],
        ['attStmt', new Map<string, string>()],
        ['authData', authData],
      ]),
    ),
  );
}

/** The library says by throwing whatever what is wrong with what it was given. */
async function judged<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof CeremonyError ? error : new CeremonyError('Not verified.', { cause: error });
  }
}

/**
 * The page's origin, if it is one of ours. A page of ours inside somebody else's may not ask: what it shows there is not what the person sees.
 * @throws {CeremonyError}
 */
function originOf({ rpOrigins }: RelyingParty, clientData: string): string {
  const { origin, crossOrigin } = parseClientData(clientData);
  const isOurs = rpOrigins.some((allowed) =>
    allowed === 'http://localhost:*' ? /^http:\/\/localhost(?::\d{1,5})?$/.test(origin) : origin === allowed,
  );
  if (!isOurs) throw new CeremonyError('The page is none of ours.');
  if (crossOrigin) throw new CeremonyError('The page was inside another.');
  return origin;
}

const knownTransports = (given: readonly string[]) =>
  [...new Set(given)].filter((name) => TRANSPORT.test(name)).slice(0, MAX_TRANSPORTS);
