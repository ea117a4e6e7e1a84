/** What browsers send of a credential, as `PublicKeyCredential.toJSON` writes it: its form, and what of it is read here. */
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

export const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

export const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));

export function parseClientData(text: string): z.output<typeof ClientData> {
  try {
    return ClientData.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (error) {
    throw new CeremonyError('The client data are none.', { cause: error });
  }
}
