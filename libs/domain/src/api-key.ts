import { createHash, randomBytes } from 'node:crypto';

export interface ApiKey {
  /** The whole key, shown once and stored nowhere. */
  readonly key: string;
  /** The part of it that is shown later, by which it is looked up. */
  readonly prefix: string;
  /** SHA-256 of the whole key. It has 256 random bits, so that a slow hash would protect nothing. */
  readonly hash: Buffer;
}

/** `pm_`, 8 hexadecimal digits, `_`, 32 random bytes as base64url. The form lets scanners find a key that was committed by mistake. */
const FORM = /^(pm_[0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;

export function newApiKey(): ApiKey {
  return parseApiKey(`pm_${randomBytes(4).toString('hex')}_${randomBytes(32).toString('base64url')}`)!;
}

/** Null for what does not have the form of a key. */
export function parseApiKey(text: string): ApiKey | null {
  const match = FORM.exec(text);
  return match === null ? null : { key: text, prefix: match[1]!, hash: createHash('sha256').update(text).digest() };
}
