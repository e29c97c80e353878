import { sql } from 'kysely';
import type { Counts } from './statistics-cache';
import { deploymentEfforts, totalEffort, type Effort } from './effort';
import { countEvents, countsByKind, sumOf, type Counted, type Grouping, type Kind } from './event-counts';
import type { EventFilter } from '../events/event-filter';
import { tallyImages, type ImageTally } from './image-totals';

export interface StudySummary extends Effort, Counted {
  /** Null with a label or a confidence: those images would have to be looked at one by one, which `countImages` does up to a bound. */
  readonly images: ImageTally | null;
  /** Events without a known time. */
  readonly withoutTime: number;
  /** At which the deployments stood. */
  readonly locations: number;
  readonly kinds: readonly (Kind & Counted)[];
}

/** A study, or a part of it, in a few numbers. */
export async function summariseStudy(counts: Counts, filter: EventFilter, grouping: Grouping): Promise<StudySummary> {
  const { label, minConfidence, ...rest } = filter;
  const images = label === undefined && minConfidence === undefined ? await tallyImages(counts, rest) : null;
  const events = await countEvents(counts, filter, grouping, sql`null::text`);
  const deployments = await deploymentEfforts(counts.db, filter);
  return {
    images,
    events: sumOf(events, 'events'),
    individuals: sumOf(events, 'individuals'),
    withoutTime: sumOf(events, 'events') - sumOf(events, 'timed'),
    kinds: countsByKind(events),
    ...totalEffort(deployments),
    locations: new Set(deployments.flatMap(({ locationId }) => locationId ?? [])).size,
  };
}
