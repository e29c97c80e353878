import { sql, type RawBuilder } from 'kysely';
import type { Category } from '@pugmark/domain';
import type { StatisticsCache } from './statistics-cache';
import { eventConditions, type EventFilter, type EventKind } from '../events/event-filter';
import { groupRows } from './group-rows';

/** Category and label of events. Both null: the sum of all other labels. */
export interface Kind {
  readonly category: Category | null;
  /** Null also if events are grouped by category only. */
  readonly label: string | null;
}

export interface Grouping {
  readonly groupBy: EventKind;
  /** Number of labels, those with the most events, that are listed; the others are summed. */
  readonly top: number;
}

export interface EventTotals {
  readonly events: number;
  readonly individuals: number;
}

export interface EventCount extends Kind, EventTotals {
  /** The value of the requested key; null: none. */
  readonly key: string | null;
  /** Events with a known time. */
  readonly withTime: number;
  /** Of these, events within the dates of their deployment, if its start is known. */
  readonly withinDeployment: number;
  readonly firstSeen: Date | null;
  readonly lastSeen: Date | null;
}

/** Counts events by kind and by `key`, an expression of `events e`. */
export async function countEvents(
  cache: StatisticsCache,
  filter: EventFilter,
  { groupBy, top }: Grouping,
  key: RawBuilder<unknown>,
): Promise<readonly EventCount[]> {
  const counted = sql`
    select e.category, ${groupBy === 'label' ? sql`e.label` : sql`null::text`} as label, ${key} as key, count(*)
      as events, sum(e.individuals) as individuals,
      count(e.starts_at) as "withTime", count(*) filter (where e.starts_at between d.starts_at
        and coalesce(d.ends_at, 'infinity')) as "withinDeployment", min(e.starts_at) as first, max(e.ends_at) as last
    from events e left join deployments d on d.id = e.deployment_id where ${eventConditions(filter, groupBy)}
      group by 1, 2, 3`;
  const named = groupBy === 'category' ? sql`named as (select * from counted)` : topLabels(top);
  return cache.rows(
    filter.projectId,
    sql<EventCount>`
    with counted as materialized (${counted}), ${named}
    select category, label, key::text as key, sum(events)::bigint as events, sum(individuals)::bigint as individuals,
      sum("withTime")::bigint as "withTime", sum("withinDeployment")::bigint as "withinDeployment",
      min(first) as "firstSeen", max(last) as "lastSeen"
    from named group by category, label, named.key order by category, label, named.key`,
  );
}

function topLabels(top: number): RawBuilder<unknown> {
  return sql`
    ranked as (select category, label from counted group by category, label
      order by sum(events) desc, category, label limit ${top}),
    named as (
      select r.category, r.label, c.key, c.events, c.individuals, c."withTime", c."withinDeployment", c.first, c.last
      from counted c left join ranked r on r.category = c.category and r.label = c.label)`;
}

/** Groups the rows by kind, the kind with the most events first, all others last. */
export function groupByKind<Row extends Kind & EventTotals>(
  rows: readonly Row[],
): { readonly kind: Kind; readonly rows: readonly Row[] }[] {
  const kinds = groupRows(rows, ({ category, label }) => JSON.stringify([category, label]));
  const rank = (one: readonly Row[]): number => (one[0]!.category === null ? -1 : sumOf(one, 'events'));
  return [...kinds.values()]
    .sort((a, b) => rank(b) - rank(a))
    .map((own) => ({ kind: { category: own[0]!.category, label: own[0]!.label }, rows: own }));
}

/** Sums events and individuals of each kind. */
export function countsByKind(rows: readonly EventCount[]): (Kind & EventTotals)[] {
  return groupByKind(rows).map(({ kind, rows: own }) => ({
    ...kind,
    events: sumOf(own, 'events'),
    individuals: sumOf(own, 'individuals'),
  }));
}

export function sumOf<Name extends string>(rows: readonly Readonly<Record<Name, number>>[], name: Name): number {
  return rows.reduce((total, row) => total + row[name], 0);
}
