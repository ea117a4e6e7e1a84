/** What browsers send of a credential, as `PublicKeyCredential.toJSON` writes it: its form, and what of it is read here. */
import {
  decodeAttestationObject,
  decodeClientDataJSON,
  isoBase64URL,
  isoCBOR,
} from '@simplewebauthn/server/helpers';
import { z } from 'zod';

/** A credential's id has at most 1023 bytes (WebAuthn, section 4), the rest a few hundred; an attestation with certificates some thousand. */
const MAX_ID_CHARACTERS = 1364;
const MAX_CHARACTERS = 32_768;

const base64Url = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[\w-]+$/, 'not base64url');

const Envelope = z.object({
  id: base64Url(MAX_ID_CHARACTERS),
  rawId: base64Url(MAX_ID_CHARACTERS),
  type: z.literal('public-key'),
});

/** As `PublicKeyCredential.toJSON` writes what `navigator.credentials.create` answered. */
export const NewCredential = Envelope.extend({
  response: z.object({
    clientDataJSON: base64Url(MAX_CHARACTERS),
    attestationObject: base64Url(MAX_CHARACTERS),
    transports: z.array(z.string()).nullish(),
  }),
});

/** As `PublicKeyCredential.toJSON` writes what `navigator.credentials.get` answered. */
export const Assertion = Envelope.extend({
  response: z.object({
    clientDataJSON: base64Url(MAX_CHARACTERS),
    authenticatorData: base64Url(MAX_CHARACTERS),
    signature: base64Url(MAX_CHARACTERS),
    /** Always there where the authenticator was asked for whatever it has, as here. */
    userHandle: base64Url(128),
  }),
});

/** Of what the browser says about the page; the library looks at the rest. */
const ClientData = z.object({ origin: z.string(), crossOrigin: z.boolean().optional() });

/** Why a ceremony failed: for the log, and not for whoever tried. */
export class CeremonyError extends Error {
  override readonly name = 'CeremonyError';
}

export const textOf = (bytes: Uint8Array) => isoBase64URL.fromBuffer(new Uint8Array(bytes));

export const bytesOf = (text: string) => isoBase64URL.toBuffer(text);

export function parseClientData(text: string): z.output<typeof ClientData> {
  try {
    return ClientData.parse(decodeClientDataJSON(text));
  } catch (error) {
    throw new CeremonyError('The client data are none.', { cause: error });
  }
}

/**
 * Attestation is asked for by nobody here, and believed from nobody. Where a browser sends a statement all the same it is left out, unread:
 * to verify one means to parse the sender's certificates and to fetch what they name.
 */
export function withoutStatement(attestation: string): string {
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
