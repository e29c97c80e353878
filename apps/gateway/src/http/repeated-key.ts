/**
 * The first key that an object of this JSON text, which must be valid, has twice; null where none has. Which of the two values counts
 * differs from reader to reader (RFC 8259, 4): what a proxy looked at need not be what is taken here.
 */
export function repeatedKey(text: string): string | null {
  /** Of the objects that are open, the keys; of the lists, null. */
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
