import type { Category } from '@pugmark/domain';

/** The filter that images, events and statistics have in common. An absent property does not filter. */
export interface ObservationFilter {
  readonly projectId?: number;
  readonly deploymentId?: number;
  readonly locationId?: number;
  readonly category?: Category | 'blank';
  /** A species, or another label of a model or a person; compared exactly. */
  readonly label?: string;
  /** Default: the threshold of the model. Annotations have confidence 1. */
  readonly minConfidence?: number;
  readonly capturedFrom?: Date;
  /** Exclusive. */
  readonly capturedTo?: Date;
  /**
   * Local hours of the day, both inclusive; `from` 20 `to` 5 is the night. One of them alone extends to the start or
   * end of the day.
   */
  readonly hourFrom?: number;
  readonly hourTo?: number;
  /** Whether a person has annotated the image. */
  readonly reviewed?: boolean;
}

/** The hours that the filter selects; null: all. */
export function hoursInRange({ hourFrom, hourTo }: Pick<ObservationFilter, 'hourFrom' | 'hourTo'>): number[] | null {
  if (hourFrom === undefined && hourTo === undefined) return null;
  const [from, to] = [hourFrom ?? 0, hourTo ?? 23];
  return Array.from({ length: 24 }, (_, hour) => hour).filter((hour) =>
    from <= to ? hour >= from && hour <= to : hour >= from || hour <= to,
  );
}

/** Whether the filter uses no other properties than these. */
export function usesOnly(filter: ObservationFilter, properties: ReadonlySet<string>): boolean {
  return Object.entries(filter).every(([property, value]) => value === undefined || properties.has(property));
}
