import type { Category } from '@pugmark/domain';

/** What images, events and statistics can all be narrowed down by. An absent property does not filter. */
export interface ObservationFilter {
  readonly projectId?: number;
  readonly deploymentId?: number;
  readonly locationId?: number;
  readonly category?: Category | 'blank';
  /** A species, or whatever models and people call it, to the letter. */
  readonly label?: string;
  /** Default: what counts, by the threshold of the model that found it. What people say is sure. */
  readonly minConfidence?: number;
  readonly capturedFrom?: Date;
  /** Exclusive. */
  readonly capturedTo?: Date;
  /** Local hours of the day, both included; `from` 20 `to` 5 is the night. Either alone reaches to the day's end. */
  readonly hourFrom?: number;
  readonly hourTo?: number;
  /** Whether a person has said what is on it. */
  readonly reviewed?: boolean;
}

/** The hours that are meant; null: any. */
export function hoursInRange({ hourFrom, hourTo }: Pick<ObservationFilter, 'hourFrom' | 'hourTo'>): number[] | null {
  if (hourFrom === undefined && hourTo === undefined) return null;
  const [from, to] = [hourFrom ?? 0, hourTo ?? 23];
  return Array.from({ length: 24 }, (_, hour) => hour).filter((hour) =>
    from <= to ? hour >= from && hour <= to : hour >= from || hour <= to,
  );
}

/** Whether a filter asks for nothing but these properties. */
export function usesOnly(filter: ObservationFilter, properties: ReadonlySet<string>): boolean {
  return Object.entries(filter).every(([property, value]) => value === undefined || properties.has(property));
}
