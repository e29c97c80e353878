import { badFields } from './http-problem';

/** class-transformer drops these without a word; to the client they would seem to have been taken. */
const TREACHEROUS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Throws a 400 when a client's object has a key that means something to the language. */
export function refuseTreacherousKeys(given: object): void {
  const key = Object.keys(given).find((name) => TREACHEROUS.has(name));
  if (key !== undefined) throw badFields([{ field: key, message: 'is not known' }]);
}
