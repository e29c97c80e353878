import { sql, type RawBuilder, type Selectable } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { DatabaseTransaction, Executor } from '../connection/database';
import type { TaxaTable } from './taxa.tables';
import { prefixQuery, searchTermsOf } from './search-terms';

export type TaxonRow = Omit<Selectable<TaxaTable>, 'search_terms'>;

export interface NewTaxon {
  readonly projectId: number;
  readonly scientificName: string;
  readonly commonName: string | null;
  readonly category: Category;
  readonly rank: string | null;
}

/** An absent property is unchanged. */
export interface TaxonChange {
  readonly scientificName?: string;
  readonly commonName?: string | null;
  readonly category?: Category;
  readonly rank?: string | null;
  /** False: restores the taxon. */
  readonly archived?: false;
}

export interface TaxonFilter {
  /** True: archived taxa only; false: the others only. */
  readonly archived: boolean;
  /** Prefixes of words of the scientific or common name; all of them must match. */
  readonly q?: string;
}

const COLUMNS = [
  'taxa.id',
  'taxa.project_id',
  'taxa.scientific_name',
  'taxa.common_name',
  'taxa.category',
  'taxa.rank',
  'taxa.archived_at',
  'taxa.created_at',
] as const;

/** The species of a project, each identified by its scientific name, ignoring case. */
export class TaxonRepository {
  /** Returns null if the project has a taxon of this name, archived or not. */
  async create(db: Executor, taxon: NewTaxon): Promise<TaxonRow | null> {
    const row = await db
      .insertInto('taxa')
      .values({
        project_id: taxon.projectId,
        scientific_name: taxon.scientificName,
        common_name: taxon.commonName,
        category: taxon.category,
        rank: taxon.rank,
        search_terms: searchable(taxon.scientificName, taxon.commonName),
      })
      .onConflict((conflict) => conflict.expression(sql`project_id, lower(scientific_name)`).doNothing())
      .returning(COLUMNS)
      .executeTakeFirst();
    return row ?? null;
  }

  /** `before` must be locked, and a new name free. */
  async update(tx: DatabaseTransaction, before: TaxonRow, change: TaxonChange): Promise<TaxonRow> {
    const {
      scientificName = before.scientific_name,
      commonName = before.common_name,
      category = before.category,
      rank = before.rank,
    } = change;
    return tx
      .updateTable('taxa')
      .set({
        scientific_name: scientificName,
        common_name: commonName,
        category,
        rank,
        search_terms: searchable(scientificName, commonName),
        ...(change.archived === undefined ? {} : { archived_at: null }),
      })
      .where('id', '=', before.id)
      .returning(COLUMNS)
      .executeTakeFirstOrThrow();
  }

  /** Archives the taxon; a second call keeps the first time. Returns false if it does not exist. */
  async archive(db: Executor, id: number): Promise<boolean> {
    const result = await db
      .updateTable('taxa')
      .set({ archived_at: sql<Date>`coalesce(archived_at, now())` })
      .where('id', '=', id)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  /** Finds the row and locks it until the transaction ends; null if it does not exist. */
  async lock(tx: DatabaseTransaction, id: number): Promise<TaxonRow | null> {
    return (
      (await tx.selectFrom('taxa').select(COLUMNS).where('id', '=', id).forNoKeyUpdate().executeTakeFirst()) ?? null
    );
  }

  async find(db: Executor, id: number): Promise<TaxonRow | null> {
    return (await this.findMany(db, [id])).get(id) ?? null;
  }

  /** Finds taxa by id, archived ones too. */
  async findMany(db: Executor, ids: readonly number[]): Promise<Map<number, TaxonRow>> {
    const rows = await db
      .selectFrom('taxa')
      .select(COLUMNS)
      .where('id', '=', sql<number>`any(${[...ids]}::bigint[])`)
      .execute();
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Finds taxa by the requested names, archived ones too. */
  async findByNames(
    db: Executor,
    projectId: number,
    scientificNames: readonly string[],
  ): Promise<Map<string, TaxonRow>> {
    const rows = await db
      .selectFrom(
        sql<{ name: string }>`(select distinct unnest(${[...scientificNames]}::text[]) as name)`.as('requested'),
      )
      .innerJoin('taxa', (join) => join.on(sql`lower(taxa.scientific_name)`, '=', sql`lower(requested.name)`))
      .select([...COLUMNS, 'requested.name as requested'])
      .where('taxa.project_id', '=', projectId)
      .execute();
    return new Map(rows.map(({ requested, ...row }) => [requested, row]));
  }

  /** Lists taxa in order of the scientific name, after the given name; an empty name is before all. */
  async page(
    db: Executor,
    projectId: number,
    { archived, q }: TaxonFilter,
    afterName: string,
    limit: number,
  ): Promise<TaxonRow[]> {
    const query = db
      .selectFrom('taxa')
      .select(COLUMNS)
      .where('project_id', '=', projectId)
      .where(sql`lower(scientific_name)`, '>', sql`lower(${afterName})`)
      .where('archived_at', archived ? 'is not' : 'is', null);
    if (q === undefined)
      return query
        .orderBy(sql`lower(scientific_name)`)
        .limit(limit)
        .execute();
    // Not in the order of an index: Postgres would read that index, and so the whole project, instead of the index of
    // search terms.
    return query
      .where(sql<boolean>`search_terms @@ ${prefixQuery(q)}`)
      .orderBy(sql`lower(scientific_name) || ''`)
      .limit(limit)
      .execute();
  }
}

function searchable(...names: readonly (string | null)[]): RawBuilder<string> {
  return sql<string>`array_to_tsvector(${searchTermsOf(names.join(' '))}::text[])`;
}
