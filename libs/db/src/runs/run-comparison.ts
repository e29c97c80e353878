import { sql, type RawBuilder } from 'kysely';
import { CATEGORIES, type Category } from '@pugmark/domain';
import type { Executor } from '../connection/database';

/** The category of a run's most confident detection above the threshold in an image, or blank. */
export type Verdict = Category | 'blank';
export const VERDICTS: readonly Verdict[] = [...CATEGORIES, 'blank'];

export interface RunComparison {
  /** Images that both runs have processed. */
  readonly images: number;
  /** Images that only this run has processed. */
  readonly onlyA: number;
  readonly onlyB: number;
  /** Images in which both runs found the same categories. */
  readonly agreeing: number;
  /** Images in which each run found the category, and in which both did; `blank` where a run found nothing. */
  readonly counts: Readonly<Record<Verdict, { readonly a: number; readonly b: number; readonly both: number }>>;
  /** Images by the verdict of A (outer) and of B (inner). */
  readonly confusion: Readonly<Record<Verdict, Readonly<Record<Verdict, number>>>>;
}

export interface ComparedImage {
  readonly imageId: number;
  readonly agree: boolean;
  readonly a: RunVerdict;
  readonly b: RunVerdict;
}

export interface RunVerdict {
  readonly verdict: Verdict;
  readonly categories: readonly Category[];
  /** Highest confidence above the threshold; null for a blank. */
  readonly confidence: number | null;
}

/**
 * Compares two runs. Categories are compared as sets: a person and a dog agree with a dog and a person, not with a dog
 * alone.
 */
export async function compareRuns(
  db: Executor,
  runA: number,
  runB: number,
  minConfidence: number | null,
): Promise<RunComparison> {
  const { rows: cells } = await sql<{ a: Verdict; b: Verdict; images: number; agreeing: number }>`
    ${bothVerdicts(runA, runB, minConfidence)}
    select a.verdict as a, b.verdict as b, count(*)::int as images,
      count(*) filter (where a.categories = b.categories)::int as agreeing
    from a join b using (image_id) group by 1, 2`.execute(db);
  const { rows: found } = await sql<{ category: Verdict; a: number; b: number; both: number }>`
    ${bothVerdicts(runA, runB, minConfidence)}
    select c.category,
      count(*) filter (where a.has)::int as a, count(*) filter (where b.has)::int as b,
        count(*) filter (where a.has and b.has)::int as both
    from (select a.categories as in_a, b.categories as in_b from a join b using (image_id)) pair
    cross join unnest(${[...VERDICTS]}::text[]) as c (category)
    cross join lateral (select case when c.category = 'blank' then pair.in_a = '{}'
      else c.category = any(pair.in_a) end as has) a
    cross join lateral (select case when c.category = 'blank' then pair.in_b = '{}'
      else c.category = any(pair.in_b) end as has) b
    group by c.category`.execute(db);
  const { rows: alone } = await sql<{ a: number; b: number }>`
    select count(*) filter (where in_a and not in_b)::int as a, count(*) filter (where in_b and not in_a)::int as b
    from (
      select subject_id, bool_or(run_id = ${runA}) as in_a, bool_or(run_id = ${runB}) as in_b
      from tasks where run_id in (${runA}, ${runB}) and kind = 'detect' and state = 'done' group by subject_id
    ) processed`.execute(db);
  const sum = (of: 'images' | 'agreeing'): number => cells.reduce((total, cell) => total + cell[of], 0);
  const byVerdict = <T>(value: (verdict: Verdict) => T) =>
    Object.fromEntries(VERDICTS.map((verdict) => [verdict, value(verdict)])) as Record<Verdict, T>;
  return {
    images: sum('images'),
    onlyA: alone[0]?.a ?? 0,
    onlyB: alone[0]?.b ?? 0,
    agreeing: sum('agreeing'),
    counts: byVerdict((verdict) => {
      const { a = 0, b = 0, both = 0 } = found.find(({ category }) => category === verdict) ?? {};
      return { a, b, both };
    }),
    confusion: byVerdict((a) => byVerdict((b) => cells.find((cell) => cell.a === a && cell.b === b)?.images ?? 0)),
  };
}

/** Lists images after `afterId` in order of id; with `onlyDifferent` those in which the runs differ. */
export async function listComparedImages(
  db: Executor,
  runs: {
    readonly a: number;
    readonly b: number;
    readonly minConfidence: number | null;
    readonly onlyDifferent: boolean;
  },
  afterId: number,
  limit: number,
): Promise<ComparedImage[]> {
  const { rows } = await sql<ComparedImage>`
    ${bothVerdicts(runs.a, runs.b, runs.minConfidence)}
    select a.image_id as "imageId", a.categories = b.categories as agree,
      jsonb_build_object('verdict', a.verdict, 'categories', a.categories, 'confidence', a.confidence) as a,
      jsonb_build_object('verdict', b.verdict, 'categories', b.categories, 'confidence', b.confidence) as b
    from a join b using (image_id)
    where a.image_id > ${afterId} ${runs.onlyDifferent ? sql`and a.categories <> b.categories` : sql``}
    order by a.image_id limit ${limit}`.execute(db);
  return rows;
}

function bothVerdicts(runA: number, runB: number, minConfidence: number | null): RawBuilder<unknown> {
  return sql`with a as (${verdicts(runA, minConfidence)}), b as (${verdicts(runB, minConfidence)})`;
}

/** One row for each image that the run has processed; by the threshold of its model unless another one is given. */
function verdicts(runId: number, minConfidence: number | null): RawBuilder<unknown> {
  return sql`
    select t.subject_id as image_id, coalesce(found.verdict, 'blank') as verdict, coalesce(found.categories, '{}')
      as categories, found.confidence
    from tasks t
    join runs r on r.id = t.run_id
    join models m on m.id = r.model_id
    join inferences i on i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
    left join lateral (
      select (array_agg(d.category order by d.confidence desc, d.id))[1] as verdict, max(d.confidence) as confidence,
        array_agg(distinct d.category order by d.category) as categories
      from detections d where d.inference_id = i.id and d.confidence >= coalesce(${minConfidence}::real, m.threshold)
      having count(*) > 0
    ) found on true
    where t.run_id = ${runId} and t.kind = 'detect' and t.state = 'done'`;
}
