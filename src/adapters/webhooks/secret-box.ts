/** Secrets of webhooks as they are kept: signing takes the secret itself, so a hash would not do. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

export interface SecretBox {
  /** @param owner whose secret it is: sealed for one, it opens for no other */
  seal(secret: string, owner: string): string;
  /** @throws when it was sealed with another key, or for another owner */
  open(stored: string, owner: string): string;
}

const PREFIX = 'sealed:';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param key from the configuration; null: secrets are kept as they are */
export function createSecretBox(key: string | null): SecretBox {
  const cipherKey = key && Buffer.from(hkdfSync('sha256', key, '', 'limen webhook secrets', 32));
  return {
    seal(secret, owner) {
      if (!cipherKey) return secret;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', cipherKey, nonce).setAAD(Buffer.from(owner));
      const sealed = Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
      return PREFIX + sealed.toString('base64url');
    },
    open(stored, owner) {
      // From before there was a key.
      if (!stored.startsWith(PREFIX)) return stored;
      if (!cipherKey) throw new Error('WEBHOOK_SECRET_KEY is not set, and the secret is sealed with one.');
      const sealed = Buffer.from(stored.slice(PREFIX.length), 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', cipherKey, sealed.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(owner))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      return (
        decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    },
  };
}
