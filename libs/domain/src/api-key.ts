import { createHash, randomBytes } from 'node:crypto';

export interface ApiKey {
  /** The complete key, shown once and never stored. */
  readonly key: string;
  /** Public part of the key, used to find it and to display it later. */
  readonly prefix: string;
  /** SHA-256 of the key. The key has 256 random bits, so a slow hash would add no protection. */
  readonly hash: Buffer;
}

/**
 * `pm_`, 8 hexadecimal digits, `_`, 32 random bytes as base64url. The form lets secret scanners find a committed key.
 */
const FORM = /^(pm_[0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;

export function newApiKey(): ApiKey {
  return parseApiKey(`pm_${randomBytes(4).toString('hex')}_${randomBytes(32).toString('base64url')}`)!;
}

/** Parses a key; null for text that does not have the form of a key. */
export function parseApiKey(text: string): ApiKey | null {
  const match = FORM.exec(text);
  return match === null ? null : { key: text, prefix: match[1]!, hash: createHash('sha256').update(text).digest() };
}
