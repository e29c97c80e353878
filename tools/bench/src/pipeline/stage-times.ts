import type { Pool } from 'pg';
import { type MetricSample, parseMetrics } from '@pugmark/service-rig';

/** How long one stage took, over all images (or batches) of a round. */
export interface StageTimes {
  readonly count: number;
  readonly meanMs: number;
  /** Cumulative counts by upper bound in milliseconds, as in Prometheus's histograms; `+Inf` is the total. */
  readonly buckets: Readonly<Record<string, number>>;
}

/** `commit` is per batch, the others are per image. */
export type Stages = Readonly<Record<'queue wait' | 'decode' | 'infer' | 'commit', StageTimes>>;

const BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000] as const;

/** Reads the stage times of the images of one ingest. `metrics` is the ml-worker's metrics page. */
export async function stageTimes(pool: Pool, ingestId: number, metrics: string): Promise<Stages> {
  const { rows } = await pool.query<{ queue: number; decode: number; infer: number }>(
    `select extract(epoch from t.started_at - t.queued_at)::float8 * 1000 as queue,
       f.decode_ms as decode, f.infer_ms as infer
     from ingests i join tasks t on t.run_id = i.run_id and t.kind = 'detect'
     join runs r on r.id = t.run_id join inferences f on f.image_id = t.subject_id and f.model_id = r.model_id
     where i.id = $1 and t.queued_at is not null`,
    [ingestId],
  );
  const of = (stage: keyof (typeof rows)[number]) => histogram(rows.map((row) => row[stage]));
  return {
    'queue wait': of('queue'),
    decode: of('decode'),
    infer: of('infer'),
    commit: commitTimes(parseMetrics(metrics)),
  };
}

function histogram(times: readonly number[]): StageTimes {
  const upTo = (bound: number) => times.filter((time) => time <= bound).length;
  return {
    count: times.length,
    meanMs: round(times.reduce((sum, time) => sum + time, 0) / Math.max(1, times.length)),
    buckets: { ...Object.fromEntries(BOUNDS_MS.map((bound) => [bound, upTo(bound)])), '+Inf': times.length },
  };
}

function commitTimes(samples: readonly MetricSample[]): StageTimes {
  const name = 'pugmark_task_commit_seconds';
  const own = samples.filter(({ labels }) => labels['kind'] === 'detect');
  const value = (suffix: string) => own.find((sample) => sample.name === `${name}_${suffix}`)?.value ?? 0;
  const buckets = own
    .filter((sample) => sample.name === `${name}_bucket`)
    .map(
      ({ labels: { le = '' }, value: count }) =>
        [le === '+Inf' ? le : String(round(Number(le) * 1_000)), count] as const,
    );
  return {
    count: value('count'),
    meanMs: round((value('sum') * 1_000) / Math.max(1, value('count'))),
    buckets: Object.fromEntries(buckets),
  };
}

/** Formats the non-empty buckets: `≤ 50: 120, …`. */
export function shortHistogram({ buckets, meanMs }: StageTimes): string {
  const entries = Object.entries(buckets).sort(([a], [b]) =>
    a === '+Inf' ? 1 : b === '+Inf' ? -1 : Number(a) - Number(b),
  );
  const own = entries
    .map(([bound, count], index) => ({ bound, count: count - (entries[index - 1]?.[1] ?? 0) }))
    .filter(({ count }) => count > 0);
  const counts = own.map(({ bound, count }) => (bound === '+Inf' ? `more: ${count}` : `≤ ${bound}: ${count}`));
  return `mean ${meanMs} ms; ${counts.join(', ')}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
