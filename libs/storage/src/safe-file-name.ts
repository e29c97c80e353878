const MAX_NAME_BYTES = 180;

/**
 * Converts a name to a base name that is safe on any file system: no folders, no control characters, nothing that
 * Windows refuses, no leading dot, at most 180 bytes of UTF-8, never empty. Keeps the extension.
 */
export function safeFileName(name: string): string {
  const base = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const plain = base
    // eslint-disable-next-line no-control-regex -- control characters are what is removed
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069<>:"|?*]/g, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '');
  if (plain === '') return 'unnamed';
  const dot = plain.lastIndexOf('.');
  const extension = dot > 0 && plain.length - dot <= 10 ? plain.slice(dot) : '';
  const stem = plain.slice(0, plain.length - extension.length);
  return shorten(stem, MAX_NAME_BYTES - Buffer.byteLength(extension)) + extension;
}

/**
 * Returns the name, or the name with `-2`, `-3` … before its extension, that is not in `taken` (case-insensitive).
 * `first` is the number to try first, if the smaller ones are known to be taken.
 */
export function uniqueName(name: string, taken: ReadonlySet<string>, first = 1): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let n = first; ; n += 1) {
    const candidate = n === 1 ? name : `${stem}-${n}${extension}`;
    if (!taken.has(candidate.toLowerCase())) return candidate;
  }
}

/** Shortens to a number of bytes without splitting a character. */
function shorten(text: string, bytes: number): string {
  let short = '';
  let length = 0;
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    short += character;
  }
  return short;
}
