/** Signing keys that are made here and kept in `limen.signing_keys`, so that every instance on a database signs with the same. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../../identity/clock.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { importPrivateKey, importPublicKey, publicJwk } from './jwk.ts';
import { createKeyCache } from './key-cache.ts';
import type { SigningKey, SigningKeys } from './signing-keys.ts';

export interface SigningKeyRecord {
  readonly kid: string;
  readonly createdAt: Date;
  /** The newest key whose time has come signs. */
  readonly signsFrom: Date;
  /** Null: until the key is rotated away. */
  readonly verifiesUntil: Date | null;
}

interface Row {
  kid: string;
  private_jwk: JWK;
  created_at: Date;
  signs_from: Date;
  verifies_until: Date | null;
}

interface LoadedKey extends SigningKeyRecord {
  readonly jwk: JWK;
  readonly private: SigningKey;
  readonly public: SigningKey;
}

export interface Rotation {
  /** For how long the new key is only published. At least what others keep our JWKS for: it says ten minutes. */
  overlapSeconds: number;
  /** The life of a token signed at the last moment. */
  accessTokenTtlSeconds: number;
}

const ALGORITHM = 'ES256';
const LOCK = 'signing-keys';
const MAX_AGE_MS = 60_000;
const RENEWAL_INTERVAL_MS = 5_000;
/** An instance may sign with the old key until it has heard of the new one, and clocks differ. */
const MARGIN_SECONDS = MAX_AGE_MS / 1000 + 60;

/** The first start on a database makes a key. */
export async function openDatabaseSigningKeys(needs: {
  database: Database;
  clock: Clock;
}): Promise<SigningKeys> {
  const { database, clock } = needs;
  await makeFirstKey(database, clock);

  // Importing a key once keeps it the same object, by which the verifier knows that it is still in force.
  const imported = new Map<string, Promise<Pick<LoadedKey, 'private' | 'public'>>>();
  function importOnce({ kid, private_jwk }: Row): Promise<Pick<LoadedKey, 'private' | 'public'>> {
    const known = imported.get(kid) ?? importKeyPair(kid, private_jwk);
    imported.set(kid, known);
    return known;
  }

  const cache = createKeyCache<LoadedKey[]>({
    load: async () =>
      Promise.all(
        (await readRows(database, clock)).map(async (row) => ({
          ...recordOf(row),
          jwk: row.private_jwk,
          ...(await importOnce(row)),
        })),
      ),
    clock,
    maxAgeMs: MAX_AGE_MS,
    renewalIntervalMs: RENEWAL_INTERVAL_MS,
  });
  await cache.fresh();

  function isInForce({ verifiesUntil }: SigningKeyRecord): boolean {
    return verifiesUntil === null || verifiesUntil > clock();
  }

  return {
    async current() {
      const now = clock();
      const key = (await cache.fresh()).findLast(({ signsFrom }) => signsFrom <= now);
      if (!key || !isInForce(key)) throw new Error('limen.signing_keys holds no key that may sign now.');
      return key.private;
    },
    async newest() {
      const key = (await cache.fresh()).at(-1);
      if (!key || !isInForce(key)) throw new Error('limen.signing_keys holds no key that may sign.');
      return key.private;
    },
    async find({ alg, kid }) {
      if (alg !== ALGORITHM || kid === undefined) return undefined;
      const isNamed = (key: LoadedKey) => key.kid === kid;
      const key = (await cache.fresh()).find(isNamed) ?? (await cache.renewed()).find(isNamed);
      return key && isInForce(key) ? key.public : undefined;
    },
    async publicKeys() {
      const keys = (await cache.fresh()).filter(isInForce);
      return { keys: keys.map(({ jwk }) => publicJwk(jwk)).filter((jwk) => jwk !== undefined) };
    },
  };
}

/** Those that still verify something, in the order in which they sign. */
export async function listSigningKeys(database: Queryable, clock: Clock): Promise<SigningKeyRecord[]> {
  return (await readRows(database, clock)).map(recordOf);
}

/**
 * Makes a new key: published at once, signing after the overlap. The key that signs now is believed until the last token signed with it
 * is over. A key still waiting for its turn is dropped, and so is what verifies nothing any more.
 */
export async function rotateSigningKey(
  database: Database,
  clock: Clock,
  { overlapSeconds, accessTokenTtlSeconds }: Rotation,
): Promise<SigningKeyRecord> {
  const jwk = await generateKey();
  return database.exclusively(LOCK, () =>
    database.transaction(async (tx) => {
      const now = clock();
      const signsFrom = after(now, overlapSeconds);
      await tx.query('delete from limen.signing_keys where verifies_until <= $1 or signs_from > $1', [now]);
      await tx.query(
        `update limen.signing_keys set verifies_until = $1
         where signs_from = (select max(signs_from) from limen.signing_keys)`,
        [after(signsFrom, accessTokenTtlSeconds + MARGIN_SECONDS)],
      );
      return insertKey(tx, jwk, now, signsFrom);
    }),
  );
}

async function makeFirstKey(database: Database, clock: Clock): Promise<void> {
  const isThere = async () => (await readRows(database, clock)).length > 0;
  if (await isThere()) return;
  await database.exclusively(LOCK, async () => {
    // Somebody else may have been first while this instance waited.
    if (!(await isThere())) await insertKey(database, await generateKey(), clock(), clock());
  });
}

async function generateKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: ALGORITHM, kid: await calculateJwkThumbprint(jwk) };
}

async function insertKey(
  database: Queryable,
  jwk: JWK,
  createdAt: Date,
  signsFrom: Date,
): Promise<SigningKeyRecord> {
  const [row] = await database.query<Row>(
    `insert into limen.signing_keys (kid, private_jwk, created_at, signs_from) values ($1, $2, $3, $4) returning *`,
    [jwk.kid, jwk, createdAt, signsFrom],
  );
  return recordOf(row!);
}

function readRows(database: Queryable, clock: Clock): Promise<Row[]> {
  return database.query<Row>(
    `select * from limen.signing_keys where verifies_until is null or verifies_until > $1 order by signs_from, verifies_until`,
    [clock()],
  );
}

function recordOf({ kid, created_at, signs_from, verifies_until }: Row): SigningKeyRecord {
  return { kid, createdAt: created_at, signsFrom: signs_from, verifiesUntil: verifies_until };
}

async function importKeyPair(kid: string, jwk: JWK): Promise<Pick<LoadedKey, 'private' | 'public'>> {
  const [privateKey, publicKey] = await Promise.all([importPrivateKey(jwk), importPublicKey(jwk)]);
  return {
    private: { kid, alg: ALGORITHM, key: privateKey },
    public: { kid, alg: ALGORITHM, key: publicKey },
  };
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
