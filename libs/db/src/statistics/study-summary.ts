import { sql } from 'kysely';
import type { StatisticsCache } from './statistics-cache';
import { readDeploymentEfforts, sumEffort, type Effort } from './effort';
import { countEvents, countsByKind, sumOf, type EventTotals, type Grouping, type Kind } from './event-counts';
import type { EventFilter } from '../events/event-filter';
import { readImageTotals, type ImageTotals } from './image-totals';

export interface StudySummary extends Effort, EventTotals {
  /**
   * Null with a label or a confidence: those images would have to be counted one by one, which `countImages` does up to
   * a limit.
   */
  readonly images: ImageTotals | null;
  /** Events without a known time. */
  readonly withoutTime: number;
  /** Number of locations of the deployments. */
  readonly locations: number;
  readonly kinds: readonly (Kind & EventTotals)[];
}

/** Summarizes a study, or the part of it that the filter selects. */
export async function readStudySummary(
  cache: StatisticsCache,
  filter: EventFilter,
  grouping: Grouping,
): Promise<StudySummary> {
  const { label, minConfidence, ...rest } = filter;
  const images = label === undefined && minConfidence === undefined ? await readImageTotals(cache, rest) : null;
  const events = await countEvents(cache, filter, grouping, sql`null::text`);
  const deployments = await readDeploymentEfforts(cache.db, filter);
  return {
    images,
    events: sumOf(events, 'events'),
    individuals: sumOf(events, 'individuals'),
    withoutTime: sumOf(events, 'events') - sumOf(events, 'withTime'),
    kinds: countsByKind(events),
    ...sumEffort(deployments),
    locations: new Set(deployments.flatMap(({ locationId }) => locationId ?? [])).size,
  };
}
