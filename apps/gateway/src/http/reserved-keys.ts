import { badFields } from './http-problem';

/** class-transformer drops these keys silently; the client would believe that they were accepted. */
const RESERVED_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Throws a 400 when a client's object has a key that JavaScript reserves, such as `__proto__`. */
export function refuseReservedKeys(given: object): void {
  const key = Object.keys(given).find((name) => RESERVED_KEYS.has(name));
  if (key !== undefined) throw badFields([{ field: key, message: 'is not known' }]);
}
