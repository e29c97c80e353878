/**
 * The first duplicate key of an object in this JSON text, which must be valid; null when there is none. Parsers differ
 * on which of the two values they use (RFC 8259, 4), so a proxy may have checked another value than the one used here.
 */
export function duplicateKey(text: string): string | null {
  /** One entry per open object or list: the keys of an object, null for a list. */
  const open: (Set<string> | null)[] = [];
  let last = '';
  for (const [token] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token !== ':') last = token;
    else {
      // Two spellings of one key are one key.
      const key = JSON.parse(last) as string;
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
  }
  return null;
}
