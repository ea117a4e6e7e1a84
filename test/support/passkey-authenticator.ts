/** An authenticator with its browser, in software: makes passkeys and signs with them, and can be made to do it wrong. */
import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';

type Cbor = string | number | Uint8Array | Map<string | number, Cbor>;

/** What of `PublicKeyCredentialCreationOptionsJSON` counts here. */
interface CreationOptions {
  challenge: string;
  rp: { id?: string };
  user: { id: string };
  excludeCredentials?: { id: string }[];
}

/** What of `PublicKeyCredentialRequestOptionsJSON` counts here. */
interface RequestOptions {
  challenge: string;
  rpId?: string;
}

/** What a liar, a phishing page or a copy would do. */
export interface Wrong {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  crossOrigin?: boolean;
  isUserPresent?: boolean;
  isUserVerified?: boolean;
  /** Instead of the next. */
  signCount?: number;
  isBackupEligible?: boolean;
  userHandle?: string;
  /** Signs with a key of somebody else's. */
  hasOtherKey?: boolean;
  /** Of a passkey that is not this one. */
  credentialId?: string;
  /** Instead of the `none` that was asked for. */
  attestation?: { fmt: string; attStmt: Map<string, Cbor> };
}

interface Key {
  id: string;
  privateKey: KeyObject;
  userHandle: string;
  rpId: string;
  signCount: number;
}

/** @param isSynced as a password manager's: the key may be copied, and its use is not counted */
export function createPasskeyAuthenticator(origin: string, { isSynced = false } = {}) {
  let key: Key | null = null;

  function authenticatorData(rpId: string, signCount: number, wrong: Wrong, attested: Uint8Array | null) {
    const isEligible = wrong.isBackupEligible ?? isSynced;
    const flags =
      (wrong.isUserPresent === false ? 0 : 0x01) |
      (wrong.isUserVerified === false ? 0 : 0x04) |
      (isEligible ? 0x18 : 0) |
      (attested ? 0x40 : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(wrong.signCount ?? signCount);
    return Buffer.concat([
      sha256(wrong.rpId ?? rpId),
      Buffer.from([flags]),
      counter,
      attested ?? new Uint8Array(),
    ]);
  }

  function clientData(type: string, challenge: string, wrong: Wrong) {
    return Buffer.from(
      JSON.stringify({
        type: wrong.type ?? type,
        challenge: wrong.challenge ?? challenge,
        origin: wrong.origin ?? origin,
        crossOrigin: wrong.crossOrigin ?? false,
      }),
    );
  }

  return {
    /** The id of the passkey it holds. */
    get id() {
      return key?.id ?? null;
    },

    /** As `navigator.credentials.create(…)` and `toJSON`. */
    create(options: CreationOptions, wrong: Wrong = {}) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const id = wrong.credentialId ? Buffer.from(wrong.credentialId, 'base64url') : randomBytes(32);
      key = {
        id: id.toString('base64url'),
        privateKey,
        userHandle: options.user.id,
        rpId: options.rp.id ?? '',
        signCount: 0,
      };
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const attested = Buffer.concat([
        randomBytes(16),
        length,
        id,
        coseKeyOf(publicKey.export({ format: 'jwk' })),
      ]);
      const { fmt, attStmt } = wrong.attestation ?? { fmt: 'none', attStmt: new Map() };
      const attestationObject = encode(
        new Map<string, Cbor>([
          ['fmt', fmt],
          ['attStmt', attStmt],
          ['authData', authenticatorData(key.rpId, 0, wrong, attested)],
        ]),
      );
      return {
        id: key.id,
        rawId: key.id,
        type: 'public-key' as const,
        authenticatorAttachment: 'platform' as const,
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, wrong).toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal', 'hybrid'] as ('internal' | 'hybrid')[],
        },
      };
    },

    /** As `navigator.credentials.get(…)` and `toJSON`. */
    get(options: RequestOptions, wrong: Wrong = {}) {
      if (!key) throw new Error('There is no passkey yet.');
      if (!isSynced && wrong.signCount === undefined) key.signCount += 1;
      const data = authenticatorData(options.rpId ?? '', key.signCount, wrong, null);
      const client = clientData('webauthn.get', options.challenge, wrong);
      const privateKey = wrong.hasOtherKey
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
        : key.privateKey;
      return {
        id: key.id,
        rawId: key.id,
        type: 'public-key' as const,
        authenticatorAttachment: 'platform' as const,
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: sign('sha256', Buffer.concat([data, sha256(client)]), privateKey).toString('base64url'),
          userHandle: wrong.userHandle ?? key.userHandle,
        },
      };
    },

    /** Another one with a copy of the key, which goes on counting by itself. */
    copy() {
      const other = createPasskeyAuthenticator(origin, { isSynced });
      if (key)
        other.take({
          ...key,
          privateKey: createPrivateKey(key.privateKey.export({ format: 'pem', type: 'pkcs8' })),
        });
      return other;
    },

    take(taken: Key) {
      key = taken;
    },
  };
}

export type PasskeyAuthenticator = ReturnType<typeof createPasskeyAuthenticator>;

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest();

/** ES256 on P-256 (RFC 9053, section 7.1.1). */
function coseKeyOf({ x, y }: JsonWebKey): Buffer {
  return encode(
    new Map<number, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x ?? '', 'base64url')],
      [-3, Buffer.from(y ?? '', 'base64url')],
    ]),
  );
}

/** CBOR (RFC 8949), as far as an authenticator needs it. */
function encode(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([
    head(5, value.size),
    ...[...value].flatMap(([name, entry]) => [encode(name), encode(entry)]),
  ]);
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count]);
  if (count < 0x100) return Buffer.from([(major << 5) | 24, count]);
  const long = Buffer.alloc(3);
  long[0] = (major << 5) | 25;
  long.writeUInt16BE(count, 1);
  return long;
}
