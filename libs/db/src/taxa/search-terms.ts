import { sql, type RawBuilder } from 'kysely';

/**
 * The distinct words of a text in lower case: runs of letters and digits of any script. Not computed by Postgres, whose
 * text search and `lower` depend on the locale of the database, which may be C.
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

/**
 * A query for a tsvector of such terms that matches when each word of the text is a prefix of one. A text without words
 * matches nothing.
 */
export function prefixQuery(text: string): RawBuilder<unknown> {
  // Letters and digits have no special meaning in a tsquery.
  return sql`${searchTermsOf(text)
    .map((word) => `'${word}':*`)
    .join(' & ')}::tsquery`;
}
