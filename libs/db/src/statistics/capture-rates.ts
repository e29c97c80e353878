import { sql } from 'kysely';
import type { StatisticsCache } from './statistics-cache';
import { readDeploymentEfforts, sumEffort, type DeploymentEffort, type Effort } from './effort';
import {
  groupByKind,
  countEvents,
  sumOf,
  type EventTotals,
  type EventCount,
  type Grouping,
  type Kind,
} from './event-counts';
import type { EventFilter } from '../events/event-filter';
import { groupRows } from './group-rows';

export interface CaptureRate extends Kind, EventTotals {
  /** Events that the rate counts: those within the dates of their deployment. */
  readonly ratedEvents: number;
  /** Null without trap-nights. */
  readonly per100TrapNights: number | null;
}

export interface CaptureSummary extends Effort {
  readonly kinds: readonly CaptureRate[];
}

export interface PlaceCaptures extends CaptureSummary {
  readonly deploymentId: number | null;
  readonly deploymentName: string | null;
  readonly locationId: number | null;
  readonly locationName: string | null;
}

export interface CaptureRates {
  readonly total: CaptureSummary;
  /** In order of deployment or location; events without one last. */
  readonly groups: readonly PlaceCaptures[];
}

/** Counts events, and events per 100 trap-nights: in total, and for each deployment or location. */
export async function readCaptureRates(
  cache: StatisticsCache,
  filter: EventFilter,
  grouping: Grouping,
  by: 'deployment' | 'location' | null,
): Promise<CaptureRates> {
  const events = await countEvents(cache, filter, grouping, sql`e.deployment_id`);
  const deployments = await readDeploymentEfforts(cache.db, filter);
  const captures = (own: readonly DeploymentEffort[], counts: readonly EventCount[]): CaptureSummary => {
    const effort = sumEffort(own);
    return {
      ...effort,
      kinds: groupByKind(counts).map(({ kind, rows }) => ({ ...kind, ...rateOf(rows, effort.trapNights) })),
    };
  };
  return {
    total: captures(deployments, events),
    groups: by === null ? [] : groupsBy(by, deployments, events, captures),
  };
}

function rateOf(rows: readonly EventCount[], trapNights: number | null): Omit<CaptureRate, keyof Kind> {
  const ratedEvents = sumOf(rows, 'withinDeployment');
  return {
    events: sumOf(rows, 'events'),
    individuals: sumOf(rows, 'individuals'),
    ratedEvents,
    per100TrapNights: trapNights === null || trapNights === 0 ? null : (100 * ratedEvents) / trapNights,
  };
}

function groupsBy(
  by: 'deployment' | 'location',
  deployments: readonly DeploymentEffort[],
  events: readonly EventCount[],
  captures: (own: readonly DeploymentEffort[], counts: readonly EventCount[]) => CaptureSummary,
): PlaceCaptures[] {
  const placeOf = ({ id, locationId }: DeploymentEffort): number | null => (by === 'deployment' ? id : locationId);
  const places = new Map(deployments.map((one) => [String(one.id), placeOf(one)]));
  const own = groupRows(deployments, placeOf);
  const counts = groupRows(events, ({ key }) => (key === null ? null : places.get(key)) ?? null);
  const ids = [...new Set([...own.keys(), ...counts.keys()])].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
  return ids.map((id) => {
    const group = own.get(id) ?? [];
    const [one] = id === null ? [] : group;
    return {
      deploymentId: by === 'deployment' ? id : null,
      deploymentName: by === 'deployment' ? (one?.name ?? null) : null,
      locationId: one?.locationId ?? null,
      locationName: one?.locationName ?? null,
      ...captures(group, counts.get(id) ?? []),
    };
  });
}
