import { sql, type RawBuilder } from 'kysely';

/**
 * The words of a text, each once, in lower case: runs of letters and digits of any script. Here and not by Postgres, whose text
 * search and `lower` know the letters of its locale alone, which may be C.
 */
export function searchTermsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .normalize('NFC')
        .toLowerCase()
        .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [],
    ),
  ];
}

/** What finds a tsvector of such words in which each word of the text begins one. A text without words finds nothing. */
export function prefixQuery(text: string): RawBuilder<unknown> {
  // Letters and digits alone: nothing in them means anything to a tsquery.
  return sql`${searchTermsOf(text)
    .map((word) => `'${word}':*`)
    .join(' & ')}::tsquery`;
}
